import type { GateMode } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";

/** The lanes that somebody is admitted by. */
export type EntryLane = "B" | "C" | "D" | "E";

/** In the order in which what one does not use flows down. */
const lanes = ["B", "C", "D", "E"] as const;

type ShareLimits = Pick<
  GateServerLimits,
  "shareB" | "shareC" | "shareD" | "shareE" | "shareBurstMs" | "shareBurstMsPressed"
>;

/** Admissions in a second, and in what mode they are shared out. */
export interface Supply {
  readonly perSecond: number;
  readonly mode: GateMode;
}

/**
 * Shares of the admissions. Each lane fills at its own share; what a full one cannot hold flows to the next, and what
 * lane D cannot hold to a rest that lanes B to D may use, and the ordinary website in quiet time. So nothing is lost while
 * somebody wants it, and nobody takes what another lane is due. Lane E never has more than its share: whoever proves
 * nothing may prove something. When it is not quiet it has it as it comes, and nothing that it saved before; in
 * `siege` it has none, and D has it.
 */
export class LaneShares {
  readonly #limits: ShareLimits;
  readonly #levels: Record<EntryLane, number> = { B: 0, C: 0, D: 0, E: 0 };
  #rest = 0;
  #supply: Supply;
  #filledAt: number;

  constructor({ limits, supply, elapsed }: { limits: ShareLimits; supply: Supply; elapsed: number }) {
    this.#limits = limits;
    this.#supply = supply;
    this.#filledAt = elapsed;
    for (const lane of lanes) this.#levels[lane] = this.#capOf(lane);
    this.#rest = this.#capOfRest();
  }

  /** From now on there is this much. */
  supply(supply: Supply, elapsed: number): void {
    this.#fill(elapsed);
    this.#supply = supply;
    for (const lane of lanes) this.#levels[lane] = Math.min(this.#levels[lane], this.#capOf(lane));
    this.#rest = Math.min(this.#rest, this.#capOfRest());
  }

  /** How full a lane is, 0 to 1; 1 while there is a rest for it. */
  fullness(lane: EntryLane, elapsed: number): number {
    this.#fill(elapsed);
    if (lane !== "E" && this.#rest >= 1) return 1;
    const cap = this.#capOf(lane);
    return cap === 0 ? 0 : this.#levels[lane] / cap;
  }

  /** Whether the lane has an admission left. */
  has(lane: EntryLane, elapsed: number): boolean {
    this.#fill(elapsed);
    return this.#levels[lane] >= 1 || (lane !== "E" && this.#rest >= 1);
  }

  /** Takes one of the rest, if there is one. */
  takeRest(elapsed: number): boolean {
    this.#fill(elapsed);
    if (this.#rest < 1) return false;
    this.#rest -= 1;
    return true;
  }

  /** Takes an admission that the lane has: out of the rest while there is one, so that `fullness` sinks step by step. */
  take(lane: EntryLane): void {
    if (lane !== "E" && this.#rest >= 1) this.#rest -= 1;
    else this.#levels[lane] -= 1;
  }

  /** Puts back an admission that came to nothing. */
  giveBack(lane: EntryLane): void {
    this.#levels[lane] = Math.min(this.#capOf(lane), this.#levels[lane] + 1);
  }

  /** Admissions in a second that are the lane's own. */
  perSecond(lane: EntryLane): number {
    return (this.#supply.perSecond * this.#percentOf(lane)) / 100;
  }

  #fill(elapsed: number): void {
    const seconds = (elapsed - this.#filledAt) / 1_000;
    if (seconds <= 0) return;
    this.#filledAt = elapsed;
    let over = 0;
    for (const lane of lanes) {
      const own = this.perSecond(lane) * seconds;
      // What flows down passes lane E by.
      const due = lane === "E" ? own : own + over;
      const kept = Math.min(due, this.#capOf(lane) - this.#levels[lane]);
      this.#levels[lane] += kept;
      over = lane === "E" ? over + due - kept : due - kept;
    }
    this.#rest = Math.min(this.#capOfRest(), this.#rest + over);
  }

  #percentOf(lane: EntryLane): number {
    const { shareB, shareC, shareD, shareE } = this.#limits;
    if (this.#supply.mode === "siege") return { B: shareB, C: shareC, D: shareD + shareE, E: 0 }[lane];
    return { B: shareB, C: shareC, D: shareD, E: shareE }[lane];
  }

  /** Never below one admission, or a lane with a small share would never be let in at all. */
  #capOf(lane: EntryLane): number {
    const perSecond = this.perSecond(lane);
    const { shareBurstMs, shareBurstMsPressed } = this.#limits;
    const burstMs = lane === "E" && this.#supply.mode !== "normal" ? shareBurstMsPressed : shareBurstMs;
    return perSecond === 0 ? 0 : Math.max(1, (perSecond * burstMs) / 1_000);
  }

  #capOfRest(): number {
    return (this.#supply.perSecond * this.#limits.shareBurstMs) / 1_000;
  }
}
