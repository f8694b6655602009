/** What went wrong in SQLite or in the file system under it, as the few cases that a person can act upon. */
import { StoreError } from "../../ports.ts";

/** Result codes of SQLite. */
const sqliteIoError = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteNotADatabase = 26;

/**
 * `isWriting`: whether what failed was to change the database. The message of an SQL error names
 * tables and columns, never values, so it may be kept.
 */
export function toStoreError(error: unknown, { isWriting }: { readonly isWriting: boolean }): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const storeError = new StoreError(codeOf(error, isWriting), text);
  storeError.cause = error;
  return storeError;
}

function codeOf(error: unknown, isWriting: boolean): StoreError["code"] {
  if (error instanceof Error && error.name === "QuotaExceededError") return "ERR_LOCAL_FULL";
  const extended = (error as { readonly resultCode?: unknown } | null)?.resultCode;
  const primary = typeof extended === "number" ? extended & 0xff : undefined;
  if (primary === sqliteFull) return "ERR_LOCAL_FULL";
  if (primary === sqliteCorrupt || primary === sqliteNotADatabase) return "ERR_LOCAL_CORRUPT";
  // When the quota is reached browsers write less than they are given, without a reason; SQLite's pool
  // makes an I/O error of it, the same as for a failed read.
  if (primary === sqliteIoError && isWriting) return "ERR_LOCAL_FULL";
  return "ERR_LOCAL_STORAGE";
}
