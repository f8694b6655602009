/** Parts of logs whose entries this device has not opened: it was not there yet, or had fallen out. */
import { clientLimits } from "../limits.ts";
import type { Store } from "../ports.ts";
import { type Row, rowOf, rowsOf } from "./row.ts";

export interface Gap {
  readonly log: string;
  /** Names the question to the other members, however often it is asked. */
  readonly request: string;
  /** Both ends belong to it. */
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly tries: number;
  /** When it was last asked for; 0 before the first time. */
  readonly askedAt: number;
  /** Whether nobody has told all of it yet. */
  readonly isOpen: boolean;
}

export class GapTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add({ log, request, fromSeq, toSeq }: Pick<Gap, "log" | "request" | "fromSeq" | "toSeq">): void {
    this.#store.run(
      "INSERT INTO gaps (request, log, from_seq, to_seq, tries, asked_at, is_open) VALUES (?, ?, ?, ?, 0, 0, 1)",
      request,
      log,
      fromSeq,
      toSeq,
    );
    if (this.of(log).length > clientLimits.gapsPerLogMax) this.#join(log);
  }

  get(request: string): Gap | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM gaps WHERE request = ?", request)[0]);
    return row && gapOf(row);
  }

  of(log: string): readonly Gap[] {
    return rowsOf(this.#store.all("SELECT * FROM gaps WHERE log = ? ORDER BY from_seq, request", log)).map(gapOf);
  }

  setAsked(request: string, at: number): void {
    this.#store.run("UPDATE gaps SET asked_at = ?, tries = tries + 1 WHERE request = ?", at, request);
  }

  /** What comes before this seq is there now; a gap of which nothing is left goes. */
  shrink(request: string, fromSeq: number): void {
    this.#store.run("UPDATE gaps SET from_seq = ? WHERE request = ?", fromSeq, request);
    this.#store.run("DELETE FROM gaps WHERE request = ? AND from_seq > to_seq", request);
  }

  widen(request: string, toSeq: number): void {
    this.#store.run("UPDATE gaps SET to_seq = ? WHERE request = ?", toSeq, request);
  }

  remove(request: string): void {
    this.#store.run("DELETE FROM gaps WHERE request = ?", request);
  }

  /** All of it has been told; that it is a gap stays known. */
  close(request: string): void {
    this.#store.run("UPDATE gaps SET is_open = 0 WHERE request = ?", request);
  }

  /** Many small gaps become one wide one: too much is unknown then, never too little. */
  #join(log: string): void {
    const closed = this.of(log).filter((gap) => !gap.isOpen);
    const [first] = closed;
    if (first === undefined) return;
    const toSeq = Math.max(...closed.map((gap) => gap.toSeq));
    for (const { request } of closed.slice(1)) this.#store.run("DELETE FROM gaps WHERE request = ?", request);
    this.#store.run("UPDATE gaps SET to_seq = ? WHERE request = ?", toSeq, first.request);
  }
}

function gapOf(row: Row): Gap {
  return {
    request: row.text("request"),
    log: row.text("log"),
    fromSeq: row.number("from_seq"),
    toSeq: row.number("to_seq"),
    tries: row.number("tries"),
    askedAt: row.number("asked_at"),
    isOpen: row.bool("is_open"),
  };
}
