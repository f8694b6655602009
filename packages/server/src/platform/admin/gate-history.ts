/** The last quarter of an hour at the gate, and when its mode changed. */
import type { GateMode } from "@rempart/protocol";
import { adminLimits as limits } from "./limits.ts";

export interface HistoryPoint {
  /** Milliseconds since the Unix epoch, of its beginning. */
  readonly at: number;
  /** The worst in its time. */
  readonly mode: GateMode;
  /** Most connections not admitted at once. */
  readonly unadmitted: number;
  readonly admitted: number;
  readonly lost: number;
}

export interface ModeChange {
  readonly at: number;
  readonly mode: GateMode;
  readonly reason: string;
}

export interface Second {
  readonly at: number;
  readonly mode: GateMode;
  readonly reason: string;
  readonly unadmitted: number;
  /** Since the second before. */
  readonly admitted: number;
  readonly lost: number;
}

const modes: readonly GateMode[] = ["normal", "guarded", "siege"];

export class GateHistory {
  #points: HistoryPoint[] = [];
  #changes: ModeChange[] = [];
  #seconds = 0;

  get points(): readonly HistoryPoint[] {
    return this.#points;
  }

  /** The newest last. */
  get changes(): readonly ModeChange[] {
    return this.#changes;
  }

  record({ reason, ...second }: Second): void {
    const last = this.#points.at(-1);
    const isSame = last !== undefined && this.#seconds % limits.pointSeconds !== 0;
    this.#points = isSame
      ? [...this.#points.slice(0, -1), merged(last, second)]
      : [...this.#points, second].slice(-limits.points);
    this.#seconds += 1;
    if (this.#changes.at(-1)?.mode === second.mode) return;
    this.#changes = [...this.#changes, { at: second.at, mode: second.mode, reason }].slice(-limits.changes);
  }
}

function merged(point: HistoryPoint, second: HistoryPoint): HistoryPoint {
  return {
    at: point.at,
    mode: modes[Math.max(modes.indexOf(point.mode), modes.indexOf(second.mode))] ?? second.mode,
    unadmitted: Math.max(point.unadmitted, second.unadmitted),
    admitted: point.admitted + second.admitted,
    lost: point.lost + second.lost,
  };
}
