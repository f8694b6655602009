/**
 * What the client needs of the world. Each port is small enough to be written again for a browser, a
 * terminal and the simulator; nothing else in this package (outside `platform/`) may reach outside.
 */
import type { WorkTask } from "@rempart/protocol";

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once, after at least `delayMs`; the returned function takes it back. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Opens connections to one server. */
export interface Network {
  /**
   * Starts connecting to `<origin>/v1/connect`. Exactly one of `closed` or `opened` comes first; after
   * `closed` nothing comes. Frames arrive whole and in order.
   */
  connect(origin: string, handlers: LinkHandlers): Link;
}

export interface LinkHandlers {
  opened(): void;
  frame(bytes: Uint8Array): void;
  /** `retryAfterMs` when the other side said when to come back. */
  closed(reason: { readonly code: number; readonly retryAfterMs?: number }): void;
}

export interface Link {
  /** Queues one frame. After `close` or `closed` it does nothing. */
  send(frame: Uint8Array): void;
  /** Bytes queued and not yet handed to the network. */
  bufferedBytes(): number;
  close(): void;
}

/** How far a solver has come with one task. */
export interface SolverProgress {
  /** Tries made. */
  readonly hashes: number;
  /** Time they took, in milliseconds. */
  readonly elapsedMs: number;
}

/** Solves the gate's puzzles beside the thread that the client runs on. */
export interface Solver {
  /**
   * Finds the 8 bytes of counter that solve `task`, and reports a few times a second how far it is. When `signal` is
   * aborted it rejects with the signal's reason and uses no more processor time; it also rejects where the platform
   * gives it no thread.
   */
  solve(
    task: WorkTask,
    options: { readonly progress: (made: SolverProgress) => void; readonly signal: AbortSignal },
  ): Promise<Uint8Array>;
}

export type SqlValue = null | number | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * One SQLite database that only this client writes to. Synchronous: the client runs in a worker or in a
 * process of its own, and a transaction that cannot be interleaved is what keeps a ratchet safe.
 */
export interface Store {
  /** Runs one statement that returns nothing; answers how many rows it changed. */
  run(sql: string, ...values: readonly SqlValue[]): number;
  /** All rows of one query. */
  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[];
  /**
   * Runs `work` in one transaction. Durable when it returns. When `work` throws, nothing of it remains;
   * when the commit itself fails, `StoreError` is thrown and the database must be opened again.
   */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** The commit failed or the database is unusable: full disk, quota, corruption. */
export class StoreError extends Error {
  readonly code: "ERR_LOCAL_FULL" | "ERR_LOCAL_CORRUPT" | "ERR_LOCAL_STORAGE";

  constructor(code: StoreError["code"], message: string) {
    super(message);
    this.name = "StoreError";
    this.code = code;
  }
}
