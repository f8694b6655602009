import type { Clock } from "../ports.ts";

/** A clock that tests move by hand. */
export class HandClock implements Clock {
  time = 0;
  /** By how much it was set back or forth; timers do not care. */
  offsetMs = 0;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time + this.offsetMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, run: callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }
}
