/** One SQLite file and its group commit. Synchronous: it runs in the worker thread. */
import { DatabaseSync } from "node:sqlite";
import { ProtocolError } from "@rempart/protocol";
import { readOnlyOperations, runOperation } from "../../engine/engine.ts";
import type { Tables } from "../../engine/tables.ts";
import type { Ask, CommitReport, Outcome } from "./batch.ts";
import { SqliteBlobTables } from "./blob-tables.ts";
import { SqliteAccountTables, SqliteInviteTables, SqliteKeyPackageTables } from "./directory-tables.ts";
import { SqliteEntryTables, SqliteLogTables } from "./log-tables.ts";
import { configure, migrate } from "./schema.ts";
import { Statement } from "./statements.ts";
import { SqliteGrantTables, SqliteSpentTables, SqliteTokenKeyTables } from "./token-tables.ts";

export interface DatabaseOptions {
  readonly file: string;
  /** Largest size of the file in pages of 4 KiB: an operator's bound on the disk. */
  readonly pagesMax?: number;
}

export class Database {
  readonly #database: DatabaseSync;
  readonly #tables: Tables;
  readonly #begin: Statement;
  readonly #commit: Statement;
  #trouble: string | undefined;
  #isFull = false;

  constructor(options: DatabaseOptions) {
    this.#database = new DatabaseSync(options.file, { timeout: busyWaitMsMax });
    configure(this.#database, options);
    migrate(this.#database);
    this.#tables = {
      logs: new SqliteLogTables(this.#database),
      entries: new SqliteEntryTables(this.#database),
      accounts: new SqliteAccountTables(this.#database),
      invites: new SqliteInviteTables(this.#database),
      keyPackages: new SqliteKeyPackageTables(this.#database),
      blobs: new SqliteBlobTables(this.#database),
      tokenKeys: new SqliteTokenKeyTables(this.#database),
      grants: new SqliteGrantTables(this.#database),
      spent: new SqliteSpentTables(this.#database),
    };
    this.#begin = new Statement(this.#database, "BEGIN IMMEDIATE");
    this.#commit = new Statement(this.#database, "COMMIT");
  }

  /**
   * Runs a batch in one transaction. When the store itself fails, nothing of the batch is kept, and each
   * operation runs again in a transaction of its own: one that fails takes no other along.
   */
  run(asks: readonly Ask[]): { outcomes: Outcome[]; commit: CommitReport } {
    this.#trouble = undefined;
    this.#isFull = false;
    let commitMs: number | undefined;
    let outcomes: Outcome[];
    try {
      ({ outcomes, commitMs } = this.#runTogether(asks));
    } catch (error) {
      this.#rollback();
      outcomes = asks.length === 1 ? [{ error: this.#errorOf(error) }] : asks.map((ask) => this.#runAlone(ask));
    }
    const commit = { operations: asks.length, commitMs, isFull: this.#isFull, trouble: this.#trouble };
    return { outcomes, commit };
  }

  close(): void {
    this.#database.close();
  }

  #runTogether(asks: readonly Ask[]): { outcomes: Outcome[]; commitMs: number | undefined } {
    const isReadOnly = asks.every(({ name }) => readOnlyOperations.has(name));
    if (!isReadOnly) this.#begin.run();
    const outcomes = asks.map((ask) => this.#decide(ask));
    if (isReadOnly) return { outcomes, commitMs: undefined };
    const startedAt = performance.now();
    this.#commit.run();
    return { outcomes, commitMs: performance.now() - startedAt };
  }

  #runAlone(ask: Ask): Outcome {
    try {
      const [outcome] = this.#runTogether([ask]).outcomes;
      if (outcome === undefined) throw new Error("no outcome");
      return outcome;
    } catch (error) {
      this.#rollback();
      return { error: this.#errorOf(error) };
    }
  }

  /** A refusal is an outcome; anything else means that the transaction cannot go on. */
  #decide({ name, ask }: Ask): Outcome {
    try {
      return { answer: runOperation(this.#tables, name, ask) };
    } catch (error) {
      if (error instanceof ProtocolError) return { error };
      throw error;
    }
  }

  #rollback(): void {
    if (!this.#database.isTransaction) return;
    try {
      this.#database.exec("ROLLBACK");
    } catch (error) {
      this.#trouble = textOf(error);
    }
  }

  #errorOf(error: unknown): ProtocolError {
    const primary = isSqliteError(error) ? error.errcode & 0xff : undefined;
    if (primary === sqliteFull) {
      this.#isFull = true;
      return new ProtocolError("ERR_STORAGE_FULL", "the server's storage is full");
    }
    if (primary === sqliteBusy) return new ProtocolError("ERR_BUSY", "the server's storage is busy");
    this.#trouble = textOf(error);
    return new ProtocolError("ERR_STORAGE", "the server's storage fails");
  }
}

/** How long to wait for another process that writes to the same file. */
const busyWaitMsMax = 5_000;
/** Primary result codes of SQLite. */
const sqliteBusy = 5;
const sqliteFull = 13;

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number";
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
