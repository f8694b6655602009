import type { GateMode, Puzzle, RefusalReason, Verdict } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";
import type { Entropy } from "../ports.ts";
import type { EntryLane } from "./lane-shares.ts";
import { Served } from "./served.ts";

/** Time over which refusals are remembered that are likely to come back. */
const backlogMs = 10_000;

interface RefusalsOptions {
  readonly entropy: Entropy;
  readonly limits: Pick<GateServerLimits, "retryMsMin" | "retryMsMax" | "proveRetryMs">;
}

/** How long the refused are told to stay away: about as long as it takes to serve those refused of late, jittered. */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #backlog = new Served({ keysMax: 4, fadeMs: backlogMs });

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** Counts one who was refused as busy; milliseconds after which there is likely to be room in his lane. */
  waitFor(lane: EntryLane, { perSecond, elapsed }: { perSecond: number; elapsed: number }): number {
    this.#backlog.add(lane, elapsed);
    return (1_000 * this.#backlog.of(lane, elapsed)) / Math.max(1, perSecond);
  }

  /** `waitMs`: the mean of what to add to the shortest stay. */
  busy(mode: GateMode, waitMs: number): Verdict {
    const { retryMsMin, retryMsMax } = this.#options.limits;
    return this.#refused(mode, "busy", {
      leastMs: retryMsMin,
      spreadMs: Math.min(2 * waitMs, retryMsMax - retryMsMin),
    });
  }

  prove(mode: GateMode, puzzle: Puzzle): Verdict {
    const spreadMs = this.#options.limits.proveRetryMs;
    return this.#refused(mode, "prove", { leastMs: 0, spreadMs, puzzle });
  }

  /** `forMs`: how long the prefix is denied. Spread, so that all of a prefix do not come back at once. */
  gone(mode: GateMode, forMs: number): Verdict {
    return this.#refused(mode, "gone", { leastMs: forMs, spreadMs: forMs / 2 });
  }

  #refused(
    mode: GateMode,
    reason: RefusalReason,
    { leastMs, spreadMs, puzzle }: { leastMs: number; spreadMs: number; puzzle?: Puzzle },
  ): Verdict {
    const drawn = this.#options.entropy.bytes(4);
    const part = new DataView(drawn.buffer, drawn.byteOffset).getUint32(0) / 2 ** 32;
    return { kind: "refused", mode, reason, retryAfterMs: Math.round(leastMs + part * spreadMs), puzzle };
  }
}
