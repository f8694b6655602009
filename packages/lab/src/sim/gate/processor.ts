/** One core: what it is given to do is done in order, each thing for its time. What waits for it is the event loop's delay. */
import type { Schedule } from "../schedule.ts";

export class Processor {
  readonly #schedule: Schedule;
  #freeAt = 0;
  #delaysMs: number[] = [];
  /** Work given since the last call of `takeBusyShare`, and what was left of the work before. */
  #givenMs = 0;
  #lookedAt = 0;
  #isDead = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Does `work` once everything before it, and `costMs` of its own, are done. */
  run(label: string, { costMs, work }: { costMs: number; work: () => void }): void {
    const { now } = this.#schedule;
    const startsAt = Math.max(now, this.#freeAt);
    this.#delaysMs.push(startsAt - now);
    this.#freeAt = startsAt + costMs;
    this.#givenMs += costMs;
    this.#schedule.after(this.#freeAt - now, label, () => {
      if (!this.#isDead) work();
    });
  }

  /** The process has died: what it had still to do is never done. */
  kill(): void {
    this.#isDead = true;
  }

  /** The p99 of the delays since the last call, in milliseconds. */
  takeDelayP99(): number {
    const sorted = this.#delaysMs.sort((a, b) => a - b);
    this.#delaysMs = [];
    return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  }

  /** The share of the time since the last call in which there was work, 0 to 1. */
  takeBusyShare(): number {
    const { now } = this.#schedule;
    const leftMs = Math.max(0, this.#freeAt - now);
    const passedMs = now - this.#lookedAt;
    const share = passedMs <= 0 ? 0 : Math.min(1, Math.max(0, this.#givenMs - leftMs) / passedMs);
    // What is left is done, and counted, later.
    this.#givenMs = leftMs;
    this.#lookedAt = now;
    return share;
  }
}
