/** Receipts that this device owes for messages it has stored or the person has seen. */
import type { Store } from "../ports.ts";
import { rowsOf } from "./row.ts";

export interface OwedReceipt {
  readonly message: string;
  readonly log: string;
  readonly state: "delivered" | "read";
}

export class ReceiptTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** `read` says more than `delivered` and takes its place. */
  owe({ message, log, state }: OwedReceipt): void {
    this.#store.run(
      `INSERT INTO owed_receipts (message, log, state) VALUES (?, ?, ?)
       ON CONFLICT (message) DO UPDATE SET state = 'read' WHERE excluded.state = 'read'`,
      message,
      log,
      state,
    );
  }

  logs(): readonly string[] {
    return rowsOf(this.#store.all("SELECT DISTINCT log FROM owed_receipts ORDER BY log")).map((row) => row.text("log"));
  }

  of(log: string, limit: number): readonly OwedReceipt[] {
    const rows = rowsOf(
      this.#store.all("SELECT * FROM owed_receipts WHERE log = ? ORDER BY rowid LIMIT ?", log, limit),
    );
    return rows.map((row) => ({ message: row.text("message"), log, state: row.text("state") as OwedReceipt["state"] }));
  }

  settle(message: string): void {
    this.#store.run("DELETE FROM owed_receipts WHERE message = ?", message);
  }

  forget(log: string): void {
    this.#store.run("DELETE FROM owed_receipts WHERE log = ?", log);
  }
}
