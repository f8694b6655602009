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
  const self = selfGroupOf(person) ?? "";
  const store = openSqliteStore(person.store);
  store.run("UPDATE logs SET state = 'lost' WHERE log = ?", self);
  const values = [self, new Uint8Array(16), Date.now() - 41_000, Date.now() - 40_000] as const;
  store.run("INSERT INTO rejoins (log, nonce, started_at, asked_at, missing_from) VALUES (?, ?, ?, ?, 1)", ...values);
  store.close();
}
