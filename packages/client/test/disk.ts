/** What tests do to the database of a client that is not running, and what they look up there. */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { openSqliteStore } from "../src/platform/node/index.ts";
import type { Person } from "./world.ts";

export function backUp(person: Person): string {
  const copy = `${person.store}.backup`;
  copyFileSync(person.store, copy);
  if (existsSync(`${person.store}-wal`)) copyFileSync(`${person.store}-wal`, `${copy}-wal`);
  return copy;
}

export function restore(person: Person, copy: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${person.store}${end}`, { force: true });
  copyFileSync(copy, person.store);
  if (existsSync(`${copy}-wal`)) copyFileSync(`${copy}-wal`, `${person.store}-wal`);
}

/** Damages the store of a client that is not running. */
export function forget(person: Person, chat: string): void {
  const store = openSqliteStore(person.store);
  store.transaction(() => store.run("DELETE FROM snapshots WHERE log = ?", chat));
  store.close();
}

export function selfGroupOf(person: Person): string | undefined {
  const store = openSqliteStore(person.store);
  const [row] = store.all("SELECT value FROM meta WHERE key = 'selfGroup'");
  store.close();
  return row && (JSON.parse(String(row.value)) as string);
}

/** The seq of a log's first entry that a device has not read yet. */
export function readUpTo(person: Person, log: string): number {
  const store = openSqliteStore(person.store);
  const [row] = store.all("SELECT next_seq FROM logs WHERE log = ?", log);
  store.close();
  return Number(row?.next_seq);
}

/** Leaves a client that is not running without the keys for the Welcomes to come. */
export function loseKeyPackages(person: Person): void {
  const store = openSqliteStore(person.store);
  store.run("DELETE FROM key_packages");
  store.close();
}

export function contactLogOf(person: Person): string {
  const store = openSqliteStore(person.store);
  const [row] = store.all("SELECT log FROM logs WHERE kind = 'contact'");
  store.close();
  return String(row?.log);
}

/** Leaves a client that is not running as it is once its siblings have been asked for the way back, and none has helped. */
export function loseSelfGroup(person: Person): void {
  losePlace(person, selfGroupOf(person) ?? "", 41_000);
}

/** Leaves a client that is not running as it is when it has been out of step with a log for a while, and nobody has helped. */
export function losePlace(person: Person, log: string, sinceMs: number): void {
  const store = openSqliteStore(person.store);
  const startedAt = Date.now() - sinceMs;
  store.transaction(() => {
    store.run("DELETE FROM snapshots WHERE log = ?", log);
    store.run("UPDATE logs SET state = 'lost' WHERE log = ?", log);
    store.run("UPDATE outbox SET entry = NULL, epoch = NULL, upload = NULL WHERE log = ? AND seq IS NULL", log);
    const sql = "INSERT INTO rejoins (log, nonce, started_at, asked_at, missing_from) VALUES (?, ?, ?, ?, 1)";
    store.run(sql, log, new Uint8Array(16), startedAt, startedAt + 1_000);
  });
  store.close();
}
