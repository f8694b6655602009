import type { DatabaseSync } from "node:sqlite";
import type { AccountId } from "@rempart/protocol";
import type { GrantName, GrantTables, SpentTables, TokenKeyTables } from "../../engine/tables.ts";
import { type TokenKeyRow, tokenKeyRowsMax } from "../../store-operations.ts";
import { bytesAt, numberAt, Statement } from "./statements.ts";

export class SqliteTokenKeyTables implements TokenKeyTables {
  readonly #all: Statement;
  readonly #insert: Statement;
  readonly #forgetPrivate: Statement;
  readonly #remove: Statement;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => new Statement(database, sql);
    this.#all = prepare("SELECT day, modulus, private_key FROM token_key ORDER BY day LIMIT ?");
    this.#insert = prepare("INSERT OR IGNORE INTO token_key (day, modulus, private_key) VALUES (?, ?, ?)");
    this.#forgetPrivate = prepare("UPDATE token_key SET private_key = NULL WHERE day < ? AND private_key IS NOT NULL");
    this.#remove = prepare("DELETE FROM token_key WHERE day < ?");
  }

  all(): readonly TokenKeyRow[] {
    return this.#all.all(tokenKeyRowsMax).map((row) => ({
      day: numberAt(row, 0),
      modulus: bytesAt(row, 1),
      privateKey: row[2] === null ? undefined : bytesAt(row, 2),
    }));
  }

  insert({ day, modulus, privateKey }: TokenKeyRow): void {
    this.#insert.run(day, modulus, privateKey ?? null);
  }

  forgetPrivateBefore(day: number): void {
    this.#forgetPrivate.run(day);
  }

  removeBefore(day: number): void {
    this.#remove.run(day);
  }
}

export class SqliteGrantTables implements GrantTables {
  readonly #find: Statement;
  readonly #count: Statement;
  readonly #insert: Statement;
  readonly #removeBefore: Statement;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => new Statement(database, sql);
    this.#find = prepare("SELECT batch FROM token_grant WHERE account_id = ? AND day = ? AND device_id = ?");
    this.#count = prepare("SELECT count(*) FROM token_grant WHERE account_id = ? AND day = ?");
    this.#insert = prepare("INSERT INTO token_grant (account_id, device_id, day, batch) VALUES (?, ?, ?, ?)");
    this.#removeBefore = prepare(
      `DELETE FROM token_grant WHERE (account_id, day, device_id) IN
         (SELECT account_id, day, device_id FROM token_grant WHERE day < ? LIMIT ?)`,
    );
  }

  find({ accountId, deviceId, day }: GrantName): Uint8Array | undefined {
    const row = this.#find.get(accountId, day, deviceId);
    return row === undefined ? undefined : bytesAt(row, 0);
  }

  count(accountId: AccountId, day: number): number {
    const row = this.#count.get(accountId, day);
    return row === undefined ? 0 : numberAt(row, 0);
  }

  insert({ accountId, deviceId, day }: GrantName, batch: Uint8Array): void {
    this.#insert.run(accountId, deviceId, day, batch);
  }

  removeBefore({ day, rowsMax }: { day: number; rowsMax: number }): number {
    return this.#removeBefore.run(day, rowsMax);
  }
}

export class SqliteSpentTables implements SpentTables {
  readonly #insert: Statement;
  readonly #removeExpired: Statement;

  constructor(database: DatabaseSync) {
    this.#insert = new Statement(database, "INSERT OR IGNORE INTO spent (id, expires_at) VALUES (?, ?)");
    this.#removeExpired = new Statement(
      database,
      "DELETE FROM spent WHERE id IN (SELECT id FROM spent WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
    );
  }

  insert(id: Uint8Array, expiresAt: number): boolean {
    return this.#insert.run(id, expiresAt) > 0;
  }

  removeExpired({ before, rowsMax }: { before: number; rowsMax: number }): number {
    return this.#removeExpired.run(before, rowsMax);
  }
}
