import type { GateServerLimits } from "../limits.ts";
import type { EntryLane } from "./lane-shares.ts";
import type { Load } from "./types.ts";

type CapacityLimits = Pick<
  GateServerLimits,
  | "admissionsPerSecond"
  | "admissionsPercentMin"
  | "loopDelayHighMs"
  | "loopDelayLowMs"
  | "connectionsMax"
  | "roomC"
  | "roomD"
  | "roomE"
>;

/** What the last second's rate is multiplied by when the loop is late; it comes back by tenths of the whole. */
const lowerBy = 0.7;
const raiseBy = 0.1;

/**
 * How many the server can take in: in a second, fewer when its event loop is late; and at all, fewer by the lower
 * lanes.
 */
export class Capacity {
  readonly #limits: CapacityLimits;
  #part = 1;
  #isMemoryFull = false;

  constructor(limits: CapacityLimits) {
    this.#limits = limits;
  }

  /** Admissions in a second. */
  get perSecond(): number {
    return Math.max(1, this.#limits.admissionsPerSecond * this.#part);
  }

  tick({ loopDelayP99Ms, memoryShare }: Pick<Load, "loopDelayP99Ms" | "memoryShare">): void {
    const { loopDelayHighMs, loopDelayLowMs, admissionsPercentMin } = this.#limits;
    if (loopDelayP99Ms > loopDelayHighMs) this.#part = Math.max(admissionsPercentMin / 100, this.#part * lowerBy);
    else if (loopDelayP99Ms < loopDelayLowMs) this.#part = Math.min(1, this.#part + raiseBy);
    this.#isMemoryFull = memoryShare >= 1;
  }

  /** Whether a lane is let in while so many connections are open. Without memory, newcomers are not. */
  hasRoom(lane: EntryLane, connections: number): boolean {
    const { connectionsMax, roomC, roomD, roomE } = this.#limits;
    if (this.#isMemoryFull && (lane === "D" || lane === "E")) return false;
    const percent = { B: 100, C: roomC, D: roomD, E: roomE }[lane];
    // The connection that asks is counted already.
    return connections <= Math.max(1, (connectionsMax * percent) / 100);
  }
}
