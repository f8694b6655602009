/** Everyone known by name, and how contacts are reached. */
import type { ContactCard } from "@rempart/session";
import type { Store } from "../ports.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { type Row, rowOf, rowsOf } from "./row.ts";

export interface Person {
  readonly account: string;
  /** Empty while nothing has told it. */
  readonly name: string;
  readonly card?: ContactCard;
  /** Encoded card of a fellow member of a group: good for asking him for help, and no reason to call him a contact. */
  readonly reach?: Uint8Array;
  /** X-Wing key that contact entries are sealed to, from the verified profile. */
  readonly sealKey?: Uint8Array;
  readonly contactAt?: number;
}

export class PeopleTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(account: string): Person | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM people WHERE account = ?", account)[0]);
    return row && personOf(row);
  }

  /** The name alone, which lists ask for once a line; empty while nothing has told it. */
  name(account: string): string {
    return rowOf(this.#store.all("SELECT name FROM people WHERE account = ?", account)[0])?.text("name") ?? "";
  }

  contacts(): readonly Person[] {
    const sql = "SELECT * FROM people WHERE contact_at IS NOT NULL ORDER BY name, account";
    return rowsOf(this.#store.all(sql)).map(personOf);
  }

  /** Those that are no contacts. */
  others(): readonly Person[] {
    const sql = "SELECT * FROM people WHERE contact_at IS NULL ORDER BY account";
    return rowsOf(this.#store.all(sql)).map(personOf);
  }

  /** Answers whether the name has changed. An empty name never replaces a known one. */
  setName(account: string, name: string): boolean {
    if (name === "" || this.name(account) === name) return false;
    this.#touch(account);
    this.#store.run("UPDATE people SET name = ? WHERE account = ?", name, account);
    return true;
  }

  /** Takes a name at second hand: it counts only while none is known. Answers whether it does. */
  learnName(account: string, name: string): boolean {
    return this.name(account) === "" && this.setName(account, name);
  }

  setCard(account: string, card: ContactCard): void {
    this.#touch(account);
    this.#store.run("UPDATE people SET card = ? WHERE account = ?", encodeJson(card), account);
  }

  setReach(account: string, reach: Uint8Array): void {
    this.#touch(account);
    this.#store.run("UPDATE people SET reach = ? WHERE account = ?", reach, account);
  }

  setSealKey(account: string, sealKey: Uint8Array): void {
    this.#touch(account);
    this.#store.run("UPDATE people SET seal_key = ? WHERE account = ?", sealKey, account);
  }

  /** Answers whether this is a new contact. */
  addContact(account: string, at: number): boolean {
    this.#touch(account);
    return (
      this.#store.run("UPDATE people SET contact_at = ? WHERE account = ? AND contact_at IS NULL", at, account) > 0
    );
  }

  #touch(account: string): void {
    this.#store.run("INSERT OR IGNORE INTO people (account, name) VALUES (?, '')", account);
  }
}

function personOf(row: Row): Person {
  const card = row.textOrNone("card");
  const reach = row.bytesOrNone("reach");
  const sealKey = row.bytesOrNone("seal_key");
  const contactAt = row.numberOrNone("contact_at");
  return {
    account: row.text("account"),
    name: row.text("name"),
    ...(card !== undefined && { card: decodeJson(card) as ContactCard }),
    ...(reach && { reach }),
    ...(sealKey && { sealKey }),
    ...(contactAt !== undefined && { contactAt }),
  };
}
