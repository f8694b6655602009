/** The logs that this device reads, how far, and with which keys. */
import { asId, type Capability, fromHex, type LogId } from "@rempart/protocol";
import type { Store } from "../ports.ts";
import { type Row, rowOf, rowsOf } from "./row.ts";

/**
 * `active`; `leaving`: this device has asked to go and follows the log until a commit lets it; `left`: by choice
 * or removed; `lost`: out of step, to be rejoined.
 */
export type LogState = "active" | "leaving" | "left" | "lost";

/** Whether the log is still read. */
export function isFollowed(state: LogState | undefined): boolean {
  return state === "active" || state === "leaving";
}

/** Whether this device has gone from the group, or is about to. */
export function isGone(state: LogState | undefined): boolean {
  return state === "left" || state === "leaving";
}

export interface LogRow {
  readonly log: string;
  readonly kind: "contact" | "group";
  readonly state: LogState;
  /** False until the server has it. */
  readonly isCreated: boolean;
  /** The first seq that has not been processed. */
  readonly nextSeq: number;
  /** Chain hash of the entry before {@link nextSeq}. */
  readonly chain: Uint8Array;
  readonly readKey: Capability;
  readonly writeKey: Capability;
  readonly epoch: number;
}

export class LogTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(log: string): LogRow | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM logs WHERE log = ?", log)[0]);
    return row && logOf(row);
  }

  inState(state: LogState): readonly LogRow[] {
    return rowsOf(this.#store.all("SELECT * FROM logs WHERE state = ? ORDER BY log", state)).map(logOf);
  }

  followed(): readonly LogRow[] {
    return rowsOf(this.#store.all("SELECT * FROM logs WHERE state IN ('active', 'leaving') ORDER BY log")).map(logOf);
  }

  put(row: LogRow): void {
    const { log, kind, state, isCreated, nextSeq, chain, readKey, writeKey, epoch } = row;
    this.#store.run(
      `INSERT OR REPLACE INTO logs (log, kind, state, is_created, next_seq, chain, read_key, write_key, epoch)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      log,
      kind,
      state,
      isCreated ? 1 : 0,
      nextSeq,
      chain,
      readKey,
      writeKey,
      epoch,
    );
  }

  setState(log: string, state: LogState): void {
    this.#store.run("UPDATE logs SET state = ? WHERE log = ?", state, log);
  }

  remove(log: string): void {
    this.#store.run("DELETE FROM logs WHERE log = ?", log);
  }

  setCreated(log: string): void {
    this.#store.run("UPDATE logs SET is_created = 1 WHERE log = ?", log);
  }

  advance(log: string, to: { readonly nextSeq: number; readonly chain: Uint8Array }): void {
    this.#store.run("UPDATE logs SET next_seq = ?, chain = ? WHERE log = ?", to.nextSeq, to.chain, log);
  }

  setKeys(
    log: string,
    keys: { readonly epoch: number; readonly readKey: Uint8Array; readonly writeKey: Uint8Array },
  ): void {
    this.#store.run(
      "UPDATE logs SET epoch = ?, read_key = ?, write_key = ? WHERE log = ?",
      keys.epoch,
      keys.readKey,
      keys.writeKey,
      log,
    );
  }

  addChain(log: string, seq: number, hash: Uint8Array, keptMax: number): void {
    this.#store.run("INSERT OR REPLACE INTO chain (log, seq, hash) VALUES (?, ?, ?)", log, seq, hash);
    this.#store.run("DELETE FROM chain WHERE log = ? AND seq <= ?", log, seq - keptMax);
  }

  /** The chain hash after the entry at `seq`, or `undefined` when it is no longer, or was never, known here. */
  chainAt(log: string, seq: number): Uint8Array | undefined {
    return rowOf(this.#store.all("SELECT hash FROM chain WHERE log = ? AND seq = ?", log, seq)[0])?.bytes("hash");
  }

  forgetChain(log: string): void {
    this.#store.run("DELETE FROM chain WHERE log = ?", log);
  }
}

function logOf(row: Row): LogRow {
  return {
    log: row.text("log"),
    kind: row.text("kind") as LogRow["kind"],
    state: row.text("state") as LogState,
    isCreated: row.bool("is_created"),
    nextSeq: row.number("next_seq"),
    chain: row.bytes("chain"),
    readKey: asId("Capability", row.bytes("read_key")),
    writeKey: asId("Capability", row.bytes("write_key")),
    epoch: row.number("epoch"),
  };
}

export function logIdOf(log: string): LogId {
  return asId("LogId", fromHex(log));
}
