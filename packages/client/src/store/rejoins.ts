/** Groups that this device has fallen out of. */
import type { Store } from "../ports.ts";
import { orNull, type Row, rowOf, rowsOf } from "./row.ts";

export interface Rejoin {
  readonly log: string;
  /** Repeated by whoever answers. */
  readonly nonce: Uint8Array;
  /** When this device fell out. */
  readonly startedAt: number;
  /** When other members were last asked; 0 before the first time. */
  readonly askedAt: number;
  /** The first seq that could not be opened: what is asked for once back inside. */
  readonly missingFrom: number;
  /** An account that is in the group for certain, where nothing else is known of it. */
  readonly helper?: string;
}

/** A Welcome to a group that this device is still in as far as it has read. */
export interface WelcomeBack {
  readonly log: string;
  /** The first seq after the commit that adds this device. */
  readonly fromSeq: number;
  /** Chain hash before {@link fromSeq}. */
  readonly chain: Uint8Array;
  /** Who sent it. */
  readonly helper: string;
}

export class RejoinTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(log: string): Rejoin | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM rejoins WHERE log = ?", log)[0]);
    return row && rejoinOf(row);
  }

  all(): readonly Rejoin[] {
    return rowsOf(this.#store.all("SELECT * FROM rejoins ORDER BY log")).map(rejoinOf);
  }

  /** The earliest gap stays: a second loss before the return widens it only forwards. */
  start(row: Rejoin): void {
    this.#store.run(
      "INSERT OR IGNORE INTO rejoins (log, nonce, started_at, asked_at, missing_from, helper) VALUES (?, ?, ?, ?, ?, ?)",
      row.log,
      row.nonce,
      row.startedAt,
      row.askedAt,
      row.missingFrom,
      orNull(row.helper),
    );
  }

  /** Nothing of it was later than this. */
  setStarted(log: string, at: number): void {
    this.#store.run("UPDATE rejoins SET started_at = ?, asked_at = MIN(asked_at, ?) WHERE log = ?", at, at, log);
  }

  setAsked(log: string, at: number): void {
    this.#store.run("UPDATE rejoins SET asked_at = ? WHERE log = ?", at, log);
  }

  remove(log: string): void {
    this.#store.run("DELETE FROM helpers WHERE log = ?", log);
    this.#store.run("DELETE FROM rejoins WHERE log = ?", log);
  }

  /** Accounts that may help, by what others say. */
  helpers(log: string): readonly string[] {
    const rows = rowsOf(this.#store.all("SELECT account FROM helpers WHERE log = ? ORDER BY account", log));
    return rows.map((row) => row.text("account"));
  }

  /** Answers whether this is news. Past `countMax` nobody is noted. */
  addHelper(log: string, account: string, countMax: number): boolean {
    if (this.helpers(log).length >= countMax) return false;
    return this.#store.run("INSERT OR IGNORE INTO helpers (log, account) VALUES (?, ?)", log, account) > 0;
  }

  /** Of several the last counts. */
  noteWelcome({ log, fromSeq, chain, helper }: WelcomeBack): void {
    const sql = "INSERT OR REPLACE INTO welcomes_back (log, from_seq, chain, helper) VALUES (?, ?, ?, ?)";
    this.#store.run(sql, log, fromSeq, chain, helper);
  }

  /** Past `countMax` the oldest are forgotten. */
  noteStrangersWelcome(welcome: WelcomeBack, countMax: number): void {
    this.noteWelcome(welcome);
    const unknown = "SELECT rowid FROM welcomes_back WHERE log NOT IN (SELECT log FROM logs)";
    const old = `${unknown} ORDER BY rowid DESC LIMIT -1 OFFSET ?`;
    this.#store.run(`DELETE FROM welcomes_back WHERE rowid IN (${old})`, countMax);
  }

  /** Welcomes from an account to groups that this device knows nothing of. */
  takeStrangersWelcomes(helper: string): readonly WelcomeBack[] {
    const sql = "SELECT log FROM welcomes_back WHERE helper = ? AND log NOT IN (SELECT log FROM logs) ORDER BY log";
    const logs = rowsOf(this.#store.all(sql, helper)).map((row) => row.text("log"));
    return logs.flatMap((log) => this.takeWelcome(log) ?? []);
  }

  takeWelcome(log: string): WelcomeBack | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM welcomes_back WHERE log = ?", log)[0]);
    this.#store.run("DELETE FROM welcomes_back WHERE log = ?", log);
    return row && { log, fromSeq: row.number("from_seq"), chain: row.bytes("chain"), helper: row.text("helper") };
  }
}

function rejoinOf(row: Row): Rejoin {
  const helper = row.textOrNone("helper");
  return {
    log: row.text("log"),
    nonce: row.bytes("nonce"),
    startedAt: row.number("started_at"),
    askedAt: row.number("asked_at"),
    missingFrom: row.number("missing_from"),
    ...(helper !== undefined && { helper }),
  };
}
