/** Key packages whose private half this device holds. */
import { fromHex, toHex } from "@rempart/protocol";
import type { KeyPackagePair, SuiteName } from "@rempart/session";
import type { Store } from "../ports.ts";
import { type Row, rowsOf } from "./row.ts";

export class KeyPackageTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add(pair: KeyPackagePair, createdAt: number): void {
    this.#store.run(
      `INSERT OR REPLACE INTO key_packages
       (reference, suite, public, private, is_last_resort, is_published, created_at) VALUES (?, ?, ?, ?, ?, 0, ?)`,
      toHex(pair.reference),
      pair.suite,
      pair.publicBytes,
      pair.privateBytes,
      pair.isLastResort ? 1 : 0,
      createdAt,
    );
  }

  all(): readonly KeyPackagePair[] {
    return rowsOf(this.#store.all("SELECT * FROM key_packages")).map(pairOf);
  }

  unpublished(suite: SuiteName): readonly KeyPackagePair[] {
    const sql = "SELECT * FROM key_packages WHERE suite = ? AND is_published = 0 AND is_retired = 0 ORDER BY rowid";
    return rowsOf(this.#store.all(sql, suite)).map(pairOf);
  }

  /** Whether a last resort of this suite, made after `since`, is there. */
  hasLastResort(suite: SuiteName, since: number): boolean {
    const sql = `SELECT 1 AS found FROM key_packages
      WHERE suite = ? AND is_last_resort = 1 AND is_retired = 0 AND created_at > ?`;
    return this.#store.all(sql, suite, since).length > 0;
  }

  setPublished(pairs: readonly KeyPackagePair[]): void {
    for (const { reference } of pairs) {
      this.#store.run("UPDATE key_packages SET is_published = 1 WHERE reference = ?", toHex(reference));
    }
  }

  /** None that is here is published any more, or ever again; Welcomes on their way may still use them. */
  retire(): void {
    this.#store.run("UPDATE key_packages SET is_retired = 1");
  }

  remove(reference: Uint8Array): void {
    this.#store.run("DELETE FROM key_packages WHERE reference = ?", toHex(reference));
  }

  /** Private halves whose lifetime is over. */
  removeBefore(createdAt: number): void {
    this.#store.run("DELETE FROM key_packages WHERE created_at < ?", createdAt);
  }
}

function pairOf(row: Row): KeyPackagePair {
  return {
    publicBytes: row.bytes("public"),
    privateBytes: row.bytes("private"),
    reference: fromHex(row.text("reference")),
    suite: row.text("suite") as SuiteName,
    isLastResort: row.bool("is_last_resort"),
  };
}
