/**
 * The store on SQLite compiled to WebAssembly, its file in the origin-private file system through the
 * pool of synchronous access handles. It works in a dedicated worker only, and for one worker at a time:
 * whoever opens it holds the lock of the leader (see `host.ts`).
 */
import type { Database, PreparedStatement, SAHPoolUtil, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { type SqlRow, type SqlValue, type Store, StoreError } from "../../ports.ts";
import { withGathering } from "./gathering-handle.ts";
import { toStoreError } from "./store-errors.ts";

export interface BrowserStoreOptions {
  /** Folder of the origin-private file system, e.g. `/rempart`; one database lives in it. */
  readonly directory: string;
}

/** Statements kept prepared: more than the client has. */
const statementsMax = 256;
/** Files that the pool holds ready: the database, its journal, and room for temporary ones. */
const poolFiles = 6;
/** A quiet moment: this long without a transaction. */
const quietMs = 1_000;
/** Transactions after which the log is copied into the database at the next quiet moment. */
const transactionsPerCheckpoint = 64;
/** Pages in the log at which that is done without waiting for one: 16 MiB to read when it is opened after a crash. */
const logPagesMax = 4_096;
/** How long to wait for the handles of a worker that has just been ended. */
const openAttempts = 50;
const openRetryMs = 100;

/** Opens, or makes, the database. Throws `StoreError`. */
export async function openBrowserStore(options: BrowserStoreOptions): Promise<Store> {
  if (!("createSyncAccessHandle" in FileSystemFileHandle.prototype)) {
    throw new StoreError("ERR_LOCAL_STORAGE", "this browser has no synchronous private storage");
  }
  try {
    const { default: init } = await import("@sqlite.org/sqlite-wasm");
    const sqlite = await init();
    const pool = await openPool(sqlite, options.directory);
    const db = new pool.OpfsSAHPoolDb("/rempart.sqlite");
    configure(db);
    return new SqliteStore(db, pool);
  } catch (error) {
    throw toStoreError(error, { isWriting: true });
  }
}

async function openPool(sqlite: Sqlite3Static, directory: string): Promise<SAHPoolUtil> {
  for (let attempt = 1; ; attempt++) {
    try {
      // `forceReinitIfPreviouslyFailed` is documented by SQLite but absent from the package's types.
      const request = { directory, initialCapacity: poolFiles, forceReinitIfPreviouslyFailed: true };
      return await withGathering(() => sqlite.installOpfsSAHPoolVfs(request));
    } catch (error) {
      // The handles of a worker that was ended a moment ago are given back late, with no event to wait for.
      if (attempt === openAttempts || !isHeldElsewhere(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, openRetryMs));
    }
  }
}

function isHeldElsewhere(error: unknown): boolean {
  return error instanceof Error && error.name === "NoModificationAllowedError";
}

/**
 * The write-ahead log needs no shared memory in exclusive mode. A commit costs one write, all its pages together
 * (see `gathering-handle.ts`), and one flush, after which it outlives the browser and the machine.
 */
function configure(db: Database): void {
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec(`PRAGMA wal_autocheckpoint = ${logPagesMax}`);
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA temp_store = MEMORY");
  db.exec("PRAGMA secure_delete = ON");
}

interface Query {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly isWriting: boolean;
}

class SqliteStore implements Store {
  readonly #db: Database;
  readonly #pool: SAHPoolUtil;
  readonly #statements = new Map<string, PreparedStatement>();
  #broken: StoreError | undefined;
  #isInTransaction = false;
  #sinceCheckpoint = 0;
  #lastCommitAt = 0;
  #quiet: ReturnType<typeof setTimeout> | undefined;

  constructor(db: Database, pool: SAHPoolUtil) {
    this.#db = db;
    this.#pool = pool;
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#use({ sql, values, isWriting: true }, (statement) => {
      statement.step();
      return this.#db.changes() as number;
    });
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    return this.#use({ sql, values, isWriting: false }, (statement) => {
      const rows: SqlRow[] = [];
      while (statement.step()) rows.push(statement.get({}) as SqlRow);
      return rows;
    });
  }

  transaction<T>(work: () => T): T {
    if (this.#isInTransaction) throw new StoreError("ERR_LOCAL_STORAGE", "a transaction is already open");
    this.#step("BEGIN IMMEDIATE");
    this.#isInTransaction = true;
    try {
      const result = work();
      this.#commit();
      this.#checkpointSoon();
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  close(): void {
    this.#broken ??= new StoreError("ERR_LOCAL_STORAGE", "the database is closed");
    clearTimeout(this.#quiet);
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    if (this.#db.isOpen()) this.#db.close();
    this.#pool.pauseVfs();
  }

  #commit(): void {
    try {
      this.#step("COMMIT");
    } catch (error) {
      // What reached the disk is not known any more: only opening the file again can tell.
      this.#broken = toStoreError(error, { isWriting: true });
      throw this.#broken;
    }
  }

  /** Copying takes as long as several commits: a message must not wait for it. */
  #checkpointSoon(): void {
    this.#lastCommitAt = performance.now();
    if (++this.#sinceCheckpoint < transactionsPerCheckpoint) return;
    this.#quiet ??= setTimeout(() => this.#checkpointIfQuiet(), quietMs);
  }

  #checkpointIfQuiet(): void {
    this.#quiet = undefined;
    if (this.#broken !== undefined) return;
    if (performance.now() - this.#lastCommitAt < quietMs) {
      this.#quiet = setTimeout(() => this.#checkpointIfQuiet(), quietMs);
      return;
    }
    try {
      this.#db.exec("PRAGMA wal_checkpoint(PASSIVE)");
      this.#sinceCheckpoint = 0;
    } catch {
      // Nothing is lost, all of it stands in the log: it is tried again at the quiet moment after the next commit.
      this.#sinceCheckpoint = transactionsPerCheckpoint;
    }
  }

  #rollback(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch (error) {
      // SQLite rolls back by itself on some failures and then refuses this; on a broken file all refuse.
      if (this.#broken === undefined && !/no transaction is active/.test(String(error))) {
        this.#broken = toStoreError(error, { isWriting: true });
      }
    }
  }

  #step(sql: string): void {
    this.#use({ sql, values: [], isWriting: true }, (statement) => statement.step());
  }

  #use<T>({ sql, values, isWriting }: Query, work: (statement: PreparedStatement) => T): T {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      const statement = this.#prepare(sql);
      try {
        if (values.length > 0) statement.bind([...values]);
        return work(statement);
      } finally {
        statement.reset(true);
      }
    } catch (error) {
      throw toStoreError(error, { isWriting });
    }
  }

  #prepare(sql: string): PreparedStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= statementsMax) {
      for (const [oldest, statement] of this.#statements) {
        statement.finalize();
        this.#statements.delete(oldest);
        break;
      }
    }
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
