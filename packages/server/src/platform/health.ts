import type { Logger } from "pino";
import type { Clock } from "../ports.ts";
import type { CommitReport } from "./sqlite-store/batch.ts";

/** How long a full disk counts after it was met, and how often it is logged. */
const fullForMs = 30_000;

/**
 * Whether the store can be trusted. A failure stays until somebody has looked and started the server
 * again; a full disk is over when nothing has met it for a while.
 */
export class Health {
  readonly #log: Logger;
  readonly #clock: Clock;
  #isSpoilt = false;
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  get isGood(): boolean {
    return !this.#isSpoilt && !this.#isFull;
  }

  hear({ isFull, trouble }: CommitReport): void {
    if (trouble !== undefined) this.spoil(trouble);
    if (!isFull) return;
    if (!this.#isFull) this.#log.error("the storage is full: nothing is accepted until there is room");
    this.#fullAt = this.#clock.now();
  }

  spoil(reason: string): void {
    this.#isSpoilt = true;
    this.#log.error({ reason }, "the database fails: check the disk, and restore the database if it is damaged");
  }

  get #isFull(): boolean {
    return this.#clock.now() - this.#fullAt < fullForMs;
  }
}
