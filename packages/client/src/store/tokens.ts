/** Tokens of the gate, the batches in which they are made, and the keys that the issuer has shown. */
import type { TokenKey } from "@rempart/protocol";
import type { Store } from "../ports.ts";
import { type Row, rowOf, rowsOf } from "./row.ts";

/** A token that this device may show, once. */
export interface HeldToken {
  /** The origin that it is good at. */
  readonly server: string;
  /** The UTC day of the key that made it, since the Unix epoch. */
  readonly day: number;
  /** As a proof carries it. */
  readonly token: Uint8Array;
}

/** One token in the making: what was blinded, and what takes the blind off again. */
export interface Draft {
  readonly nonce: Uint8Array;
  readonly blinded: Uint8Array;
  readonly inverse: Uint8Array;
}

/** A day's tokens, which the issuer may have signed already or not. */
export interface Batch {
  readonly server: string;
  readonly key: TokenKey;
  readonly drafts: readonly Draft[];
}

export interface WantedTokens {
  readonly server: string;
  /** The first day whose tokens are still taken. */
  readonly fromDay: number;
  readonly countMax: number;
  readonly first: "oldest" | "newest";
}

export class TokenTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A token that is there already stays there once. */
  add({ server, day, token }: HeldToken): void {
    this.#store.run("INSERT OR IGNORE INTO tokens (token, server, day) VALUES (?, ?, ?)", token, server, day);
  }

  /** Removes up to `countMax`. */
  take(wanted: WantedTokens): readonly HeldToken[] {
    const order = wanted.first === "oldest" ? "day" : "day DESC";
    const sql = `SELECT * FROM tokens WHERE server = ? AND day >= ? ORDER BY ${order}, token LIMIT ?`;
    const taken = rowsOf(this.#store.all(sql, wanted.server, wanted.fromDay, wanted.countMax)).map(heldOf);
    for (const { token } of taken) this.#store.run("DELETE FROM tokens WHERE token = ?", token);
    return taken;
  }

  count(server: string, fromDay: number): number {
    const sql = "SELECT count(*) AS count FROM tokens WHERE server = ? AND day >= ?";
    return rowOf(this.#store.all(sql, server, fromDay)[0])?.number("count") ?? 0;
  }

  /** The key that this server showed for this day, if any was seen. */
  keyOf(server: string, day: number): Uint8Array | undefined {
    const sql = "SELECT modulus FROM token_keys WHERE server = ? AND day = ?";
    return rowOf(this.#store.all(sql, server, day)[0])?.bytes("modulus");
  }

  addKey(server: string, { day, modulus }: TokenKey): void {
    const sql = "INSERT OR IGNORE INTO token_keys (server, day, modulus) VALUES (?, ?, ?)";
    this.#store.run(sql, server, day, modulus);
  }

  /** The batch that waits for its signatures; there is one at most. */
  batch(): Batch | undefined {
    const rows = rowsOf(this.#store.all("SELECT * FROM token_drafts ORDER BY position"));
    const [first] = rows;
    if (first === undefined) return undefined;
    const key = { day: first.number("day"), modulus: first.bytes("modulus") };
    return { server: first.text("server"), key, drafts: rows.map(draftOf) };
  }

  putBatch({ server, key, drafts }: Batch): void {
    this.removeBatch();
    const sql = `INSERT INTO token_drafts (position, server, day, modulus, nonce, blinded, inverse)
      VALUES (?, ?, ?, ?, ?, ?, ?)`;
    for (const [position, { nonce, blinded, inverse }] of drafts.entries()) {
      this.#store.run(sql, position, server, key.day, key.modulus, nonce, blinded, inverse);
    }
  }

  removeBatch(): void {
    this.#store.run("DELETE FROM token_drafts");
  }

  /** Forgets what nobody takes any more: tokens and keys of the days before. */
  removeBefore(server: string, day: number): void {
    this.#store.run("DELETE FROM tokens WHERE server = ? AND day < ?", server, day);
    this.#store.run("DELETE FROM token_keys WHERE server = ? AND day < ?", server, day);
  }
}

function heldOf(row: Row): HeldToken {
  return { server: row.text("server"), day: row.number("day"), token: row.bytes("token") };
}

function draftOf(row: Row): Draft {
  return { nonce: row.bytes("nonce"), blinded: row.bytes("blinded"), inverse: row.bytes("inverse") };
}
