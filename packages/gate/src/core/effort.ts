import { gateLimits } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";

type EffortLimits = Pick<
  GateServerLimits,
  "effortFloor" | "effortRaiseMs" | "effortRaisePercent" | "effortHoldMs" | "effortSinkPercent" | "effortGraceMs"
>;

interface Former {
  readonly effort: number;
  readonly goodUntil: number;
}

/**
 * The effort asked of newcomers. It is raised only while newcomers are dropped who have made the effort that is asked
 * now: what anybody claims beyond it does not count, and neither do drops of those who made less, so nobody can drive
 * it up more cheaply than by doing the work. It never exceeds `effortMax` and sinks back to the floor in two minutes.
 */
export class Effort {
  readonly #limits: EffortLimits;
  /** Not rounded, so that it sinks evenly. */
  #exact: number;
  #isDropping = false;
  #droppedAt = Number.NEGATIVE_INFINITY;
  #raisedAt = Number.NEGATIVE_INFINITY;
  #tickedAt: number;
  /** What was asked before the last raises. As many as there are raises in the time of grace. */
  #former: readonly Former[] = [];

  constructor({ limits, elapsed }: { limits: EffortLimits; elapsed: number }) {
    this.#limits = limits;
    this.#exact = limits.effortFloor;
    this.#tickedAt = elapsed;
  }

  /** What is asked now, in units of work. */
  get asked(): number {
    return Math.round(this.#exact);
  }

  /** The least that is taken now: whoever began before the last raises is not told to start again. */
  leastTaken(elapsed: number): number {
    const good = this.#former.filter(({ goodUntil }) => goodUntil > elapsed);
    return Math.min(this.asked, ...good.map(({ effort }) => effort));
  }

  /** A newcomer who made this effort was dropped for want of room, although his prefix had not had its part. */
  dropped(effort: number): void {
    if (effort >= this.asked) this.#isDropping = true;
  }

  tick(elapsed: number): void {
    if (this.#isDropping) this.#droppedAt = elapsed;
    if (this.#isDropping && elapsed - this.#raisedAt >= this.#limits.effortRaiseMs) this.#raise(elapsed);
    else if (elapsed - this.#droppedAt >= this.#limits.effortHoldMs) this.#sink(elapsed - this.#tickedAt);
    this.#isDropping = false;
    this.#tickedAt = elapsed;
    this.#former = this.#former.filter(({ goodUntil }) => goodUntil > elapsed);
  }

  #raise(elapsed: number): void {
    const goodUntil = elapsed + this.#limits.effortGraceMs;
    const raised = Math.max(this.asked + 1, Math.ceil((this.asked * this.#limits.effortRaisePercent) / 100));
    this.#raisedAt = elapsed;
    if (this.asked >= gateLimits.effortMax) return;
    this.#former = [...this.#former, { effort: this.asked, goodUntil }];
    this.#exact = Math.min(gateLimits.effortMax, raised);
  }

  #sink(forMs: number): void {
    const part = (1 - this.#limits.effortSinkPercent / 100) ** (forMs / 1_000);
    this.#exact = Math.max(this.#limits.effortFloor, this.#exact * part);
  }
}
