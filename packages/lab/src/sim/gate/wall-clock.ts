/** The server's two clocks: one that somebody sets wrong by an hour and right again, and one that only goes on. */
import type { Clock } from "@rempart/gate";
import type { Schedule } from "../schedule.ts";

export class WallClock implements Clock {
  readonly #schedule: Schedule;
  readonly #startMs: number;
  #errorMs = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#startMs = schedule.now;
  }

  now(): number {
    return Math.floor(this.#schedule.now) + this.#errorMs;
  }

  elapsed(): number {
    return this.#schedule.now - this.#startMs;
  }

  /** Wrong by `ms` from now on; 0 is right again. */
  setWrong(ms: number): void {
    this.#errorMs = ms;
  }

  get isWrong(): boolean {
    return this.#errorMs !== 0;
  }
}
