/**
 * A client's disk: one SQLite database in memory that outlives the engines that use it. An engine holds
 * a {@link DiskStore}; when the engine is killed, its store goes dead and what it had not committed is gone.
 */
import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { type SqlRow, type SqlValue, type Store, StoreError } from "@rempart/client";

/** A commit that fails before or after it became durable. */
export type CommitFault = "failAndNotPersist" | "failButPersist";

export class Disk {
  #database = new DatabaseSync(":memory:");
  #open: DiskStore | undefined;

  /** Opens the database for a new engine; the store that was open before goes dead. */
  open(onKilled: () => void): DiskStore {
    this.#open?.kill();
    this.#open = new DiskStore(this.#database, onKilled);
    return this.#open;
  }

  /** Everything committed so far, as bytes. */
  backup(): Uint8Array {
    return this.#database.serialize();
  }

  /** Rows of a query, past whatever engine uses the disk: for reports. */
  query(sql: string): readonly SqlRow[] {
    return plainRows(this.#database.prepare(sql).all());
  }

  /** Changes what is there past whatever engine uses the disk; none may be running. */
  run(sql: string, ...values: readonly SqlValue[]): void {
    this.#database.prepare(sql).run(...values);
  }

  /** Puts a backup back in the place of what there is; no store may be open. */
  restore(backup: Uint8Array): void {
    this.#open?.kill();
    this.#open = undefined;
    this.#database.close();
    this.#database = new DatabaseSync(":memory:");
    this.#database.deserialize(backup);
  }

  /** Loses everything, as when a browser clears its storage. */
  wipe(): void {
    this.#open?.kill();
    this.#open = undefined;
    this.#database.close();
    this.#database = new DatabaseSync(":memory:");
  }

  close(): void {
    this.#open?.kill();
    this.#database.close();
  }
}

/** The store port over a {@link Disk}. Statements are prepared once. */
export class DiskStore implements Store {
  readonly #database: DatabaseSync;
  readonly #onKilled: () => void;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;
  #state: "open" | "broken" | "dead" = "open";
  #fault: CommitFault | undefined;
  #callsLeft = Number.POSITIVE_INFINITY;

  constructor(database: DatabaseSync, onKilled: () => void) {
    this.#database = database;
    this.#onKilled = onKilled;
  }

  /** Makes the next commit fail. */
  failNextCommit(fault: CommitFault): void {
    this.#fault = fault;
  }

  /** Kills the engine at its `calls`-th use of the store from now, in the middle of a transaction maybe. */
  killAfter(calls: number): void {
    this.#callsLeft = calls;
  }

  /** The engine is gone: nothing it still does reaches the disk. */
  kill(): void {
    if (this.#state === "dead") return;
    if (this.#state === "open" && this.#depth > 0) this.#database.exec("ROLLBACK");
    this.#depth = 0;
    this.#state = "dead";
    this.#statements.clear();
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    this.#use();
    const statement = this.#prepare(sql);
    const work = () => Number(statement.run(...values).changes);
    // Alone it is its own transaction; SQLite's implicit one does unless its commit is to fail.
    return this.#depth > 0 || this.#fault === undefined ? work() : this.#commit(work);
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    this.#use();
    return plainRows(this.#prepare(sql).all(...values));
  }

  transaction<T>(work: () => T): T {
    this.#use();
    if (this.#depth > 0) throw new Error("transactions do not nest");
    return this.#commit(work);
  }

  close(): void {
    if (this.#state === "open") this.kill();
  }

  #commit<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    this.#depth = 1;
    let result: T;
    try {
      result = work();
      // The work may have swallowed the error that killed its store.
      this.#use();
    } catch (error) {
      if (this.#state === "open") this.#end("ROLLBACK");
      throw error;
    }
    const fault = this.#fault;
    this.#fault = undefined;
    this.#end(fault === "failAndNotPersist" ? "ROLLBACK" : "COMMIT");
    if (fault !== undefined) {
      this.#state = "broken";
      throw new StoreError("ERR_LOCAL_STORAGE", "the simulated disk failed");
    }
    return result;
  }

  #end(how: "COMMIT" | "ROLLBACK"): void {
    this.#depth = 0;
    this.#database.exec(how);
  }

  #use(): void {
    if (this.#state === "open" && --this.#callsLeft < 0) {
      this.kill();
      this.#onKilled();
    }
    if (this.#state !== "open") throw new StoreError("ERR_LOCAL_STORAGE", "the simulated database is closed");
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Rows as the port has them: without `readBigInts` node:sqlite answers no bigint, and throws beyond 2^53. */
function plainRows(rows: readonly Record<string, SQLOutputValue>[]): readonly SqlRow[] {
  return rows as readonly SqlRow[];
}
