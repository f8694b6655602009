/** The client's {@link Store} on `node:sqlite`. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type SqlRow, type SqlValue, type Store, StoreError } from "../../ports.ts";

/** Prepared statements that are kept: more than the client has, so that each is compiled once. */
const statementsMax = 512;

/** How long another process may hold the file, for example a backup: then the call fails. In milliseconds. */
const busyTimeoutMs = 5_000;

// Write-ahead log with a sync at every commit: what `transaction` returned from survives a loss of power.
// Deleted rows are overwritten, because some of them were keys.
const settings = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA secure_delete = ON;
  PRAGMA trusted_schema = OFF;
`;

/** Opens the database at `path`, creating it when it is not there. Throws `StoreError`. */
export function openSqliteStore(path: string): Store {
  return new SqliteStore(path);
}

class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Set when a commit failed: what the database holds is then unknown until it is opened again. */
  #broken: StoreError | undefined;
  /** While the work of a transaction runs. */
  #isWorking = false;

  constructor(path: string) {
    this.#db = guarded(() => new DatabaseSync(path, { timeout: busyTimeoutMs }));
    try {
      guarded(() => this.#db.exec(settings));
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return guarded(() => Number(this.#statement(sql).run(...values).changes));
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    return guarded(() => this.#statement(sql).all(...values) as unknown as SqlRow[]);
  }

  transaction<T>(work: () => T): T {
    this.#check();
    if (this.#db.isTransaction) throw new Error("a transaction is open already");
    guarded(() => this.#db.exec("BEGIN IMMEDIATE"));
    this.#isWorking = true;
    try {
      const result = work();
      this.#isWorking = false;
      this.#commit();
      return result;
    } catch (error) {
      this.#isWorking = false;
      this.#rollBack();
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #commit(): void {
    this.#checkNotUndone();
    try {
      this.#db.exec("COMMIT");
    } catch (error) {
      throw this.#break(asStoreError(error));
    }
  }

  /**
   * SQLite undoes a whole transaction by itself when, for example, the disk is full. Work that caught the
   * error must not go on writing outside of it, nor believe that it was committed.
   */
  #checkNotUndone(): void {
    if (!this.#db.isTransaction) throw new StoreError("ERR_LOCAL_STORAGE", "the transaction was undone");
  }

  #rollBack(): void {
    if (!this.#db.isOpen || !this.#db.isTransaction) return;
    try {
      this.#db.exec("ROLLBACK");
    } catch (error) {
      this.#break(asStoreError(error));
    }
  }

  #break(error: StoreError): StoreError {
    this.#broken ??= error;
    return error;
  }

  #check(): void {
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#db.isOpen) throw new StoreError("ERR_LOCAL_STORAGE", "the local database is closed");
  }

  #statement(sql: string): StatementSync {
    this.#check();
    if (this.#isWorking) this.#checkNotUndone();
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    if (this.#statements.size >= statementsMax) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Runs `work`; failures of the medium become `StoreError`, mistakes in a statement stay what they are. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isMediumFailure(error) ? asStoreError(error) : error;
  }
}

// Primary result codes of SQLite (https://sqlite.org/rescode.html).
const full = 13;
const corrupt: ReadonlySet<number> = new Set([11, 26]);
const medium: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 10, 14, 15, 22, 23, full, ...corrupt]);

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

function isMediumFailure(error: unknown): boolean {
  return medium.has(primaryCode(error) ?? 0);
}

function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = primaryCode(error);
  const failure =
    code === full
      ? new StoreError("ERR_LOCAL_FULL", "the disk is full: free some space and try again")
      : code !== undefined && corrupt.has(code)
        ? new StoreError("ERR_LOCAL_CORRUPT", "the local database is damaged")
        : new StoreError("ERR_LOCAL_STORAGE", "the local database cannot be read or written");
  failure.cause = error;
  return failure;
}
