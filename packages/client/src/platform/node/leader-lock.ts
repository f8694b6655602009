/**
 * Which of several processes on one home may open its database. The lock is an SQLite transaction that is
 * never finished: the operating system takes it back when its process ends, however that happens.
 */
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../../ports.ts";

export interface LeaderLock {
  release(): void;
}

const busy = 5;

/** Takes the lock kept in the file at `path`, or answers `undefined` when another process holds it. */
export function tryLeaderLock(path: string): LeaderLock | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    // Nothing is ever written, so there is no journal to leave behind.
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    db?.close();
    if (isBusy(error)) return undefined;
    const failure = new StoreError("ERR_LOCAL_STORAGE", "the home directory cannot be locked");
    failure.cause = error;
    throw failure;
  }
  const held = db;
  return {
    release() {
      if (held.isOpen) held.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === busy;
}
