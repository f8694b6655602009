import type { GateMode } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";
import type { Load } from "./types.ts";

/** What a second brought, besides what the shell measures. */
export interface Flow {
  readonly arrivals: number;
  readonly admitted: number;
  /** Connections that ended before admission, ordinary requests for the website not counted. */
  readonly lost: number;
}

const modes = ["normal", "guarded", "siege"] as const;
type Severity = 0 | 1 | 2;

/** How bad a second was by one measure, and the words for it. */
interface Finding {
  readonly severity: Severity;
  readonly reason: string;
}

const quiet: Finding = { severity: 0, reason: "" };

/**
 * `normal`, `guarded` or `siege`, decided once a second by the worst measure. Up at once to `guarded`; to `siege` in
 * the second bad second, so that one hiccup closes no door. Down by one after `modeCleanMs` without a reason to stay.
 */
export class ModeMachine {
  readonly #limits: GateServerLimits;
  #level: Severity = 0;
  #reason = "quiet";
  #lastSeverity: Severity = 0;
  /** Since when no second was as bad as the mode. */
  #cleanSince: number;

  constructor({ limits, elapsed }: { limits: GateServerLimits; elapsed: number }) {
    this.#limits = limits;
    this.#cleanSince = elapsed;
  }

  get mode(): GateMode {
    return modes[this.#level];
  }

  /** Why it is in its mode: the worst measure of the last second that was reason for it. */
  get reason(): string {
    return this.#reason;
  }

  tick(load: Load, { flow, elapsed }: { flow: Flow; elapsed: number }): void {
    const worst = this.#findings(load, flow).reduce((a, b) => (b.severity > a.severity ? b : a), quiet);
    const target = worst.severity === 2 && this.#lastSeverity < 2 && this.#level < 2 ? 1 : worst.severity;
    this.#lastSeverity = worst.severity;
    if (target >= this.#level) {
      this.#cleanSince = elapsed;
      this.#level = target;
      this.#reason = target === 0 ? "quiet" : worst.reason;
    } else if (elapsed - this.#cleanSince >= this.#limits.modeCleanMs) {
      this.#cleanSince = elapsed;
      this.#level = this.#level === 2 ? 1 : 0;
      this.#reason = this.#level === 0 ? "quiet" : "was besieged a minute ago";
    }
  }

  #findings(load: Load, flow: Flow): Finding[] {
    const l = this.#limits;
    const measure = (reason: string, value: number, guarded: number, siege: number): Finding => ({
      severity: value >= siege ? 2 : value >= guarded ? 1 : 0,
      reason,
    });
    const overflows = measure(
      "accept queue overflows",
      load.acceptOverflows,
      l.modeOverflowsGuarded,
      l.modeOverflowsSiege,
    );
    const queue = measure("handshakes wait", load.handshakeQueueAgeMs, l.modeQueueAgeMsGuarded, l.modeQueueAgeMsSiege);
    const loop = measure("event loop late", load.loopDelayP99Ms, l.modeLoopDelayMsGuarded, l.modeLoopDelayMsSiege);
    const memory = measure("memory", 100 * load.memoryShare, l.modeMemoryPercentGuarded, l.modeMemoryPercentSiege);
    const busy = measure("event loop busy", 100 * load.loopBusyShare, l.modeBusyPercentGuarded, l.modeBusyPercentSiege);
    // A server that is busy with those inside gains nothing by closing its door.
    const own = flow.arrivals >= l.modeArrivalsMin ? [loop, busy] : [];
    return [queue, ...own, overflows, this.#unadmitted(load), memory, this.#lost(flow)];
  }

  #unadmitted({ connections, unadmitted }: Load): Finding {
    const l = this.#limits;
    const reason = "connections that prove nothing";
    const percent = connections === 0 ? 0 : (100 * unadmitted) / connections;
    const is = (min: number, percentMin: number) => unadmitted >= min && percent >= percentMin;
    if (is(l.modeUnadmittedMinSiege, l.modeUnadmittedPercentSiege)) return { severity: 2, reason };
    return is(l.modeUnadmittedMinGuarded, l.modeUnadmittedPercentGuarded) ? { severity: 1, reason } : quiet;
  }

  /** Connections that come and go without ever being admitted are the same, seen as a flow. */
  #lost({ admitted, lost }: Flow): Finding {
    const { modeLostGuarded, modeLostPerAdmissionGuarded } = this.#limits;
    const isAttack = lost >= modeLostGuarded && lost >= modeLostPerAdmissionGuarded * admitted;
    return isAttack ? { severity: 1, reason: "connections refused or broken off" } : quiet;
  }
}
