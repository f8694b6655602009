/** Watches the gate for its operators: what `/metrics`, `/gate.json` and the question about an address are answered from. */
import { isIP } from "node:net";
import type { Explanation, Gate, Lane, Outcome, Source } from "@rempart/gate";
import { GateHistory, type HistoryPoint, type ModeChange } from "./gate-history.ts";
import { type PlaceTable, SourceSurvey, type Sources } from "./source-survey.ts";

export type ObservedGate = Pick<
  Gate,
  "mode" | "modeReason" | "effort" | "counters" | "handshakes" | "sizes" | "explain"
>;

/** New connections that the kernel dropped, when it was asked to. */
export interface KernelView {
  readonly isOn: boolean;
  /** Why it is not. */
  readonly problem?: string;
  readonly denied: number;
  readonly rate: number;
}

/** Which table of countries answers. */
export interface TableView {
  readonly source: string;
  readonly version: string;
  readonly licence: string;
  readonly sha256: string;
}

export interface GateObserverOptions {
  readonly gate: ObservedGate;
  readonly table: PlaceTable;
  /** The same as the listener's, so that the answer is about what would happen. */
  sourceOf(address: string): Source;
  now(): number;
  tableInForce?(): TableView | undefined;
  /** Absent when nothing is handed to the kernel. */
  kernel?(): KernelView;
}

/** The admin page's data. JSON-serialisable. Counts are since the start. */
export interface GateView {
  readonly at: number;
  readonly mode: ObservedGate["mode"];
  readonly reason: string;
  readonly effort: number;
  /** In the last second. */
  readonly perSecond: { readonly arrivals: number; readonly admitted: number; readonly lost: number };
  readonly open: ObservedGate["counters"]["open"];
  readonly browsing: number;
  readonly arrivals: number;
  readonly lanes: readonly LaneView[];
  readonly lost: readonly { readonly outcome: Outcome; readonly count: number }[];
  readonly handshakes: { readonly waiting: number; readonly inFlight: number; readonly oldestAgeMs: number };
  readonly sources: Sources;
  readonly table: TableView | null;
  readonly kernel: KernelView | null;
  readonly history: readonly HistoryPoint[];
  readonly changes: readonly ModeChange[];
}

export interface LaneView {
  readonly lane: Lane;
  readonly admitted: number;
  readonly refused: number;
}

export class GateObserver {
  readonly #options: GateObserverOptions;
  readonly #history = new GateHistory();
  readonly #survey: SourceSurvey;
  #before = { arrivals: 0, admitted: 0, lost: 0 };
  #perSecond = { arrivals: 0, admitted: 0, lost: 0 };

  constructor(options: GateObserverOptions) {
    this.#options = options;
    this.#survey = new SourceSurvey(options.gate.counters, options.table);
  }

  get gate(): ObservedGate {
    return this.#options.gate;
  }

  get sources(): Sources {
    return this.#survey.sources;
  }

  get kernel(): KernelView | undefined {
    return this.#options.kernel?.();
  }

  /** Once a second. */
  tick(): void {
    const { gate, now } = this.#options;
    const { counters } = gate;
    const current = {
      arrivals: counters.arrivals,
      admitted: sum(Object.values(counters.admitted)),
      lost: lostOf(gate),
    };
    const { arrivals, admitted, lost } = this.#before;
    this.#perSecond = {
      arrivals: current.arrivals - arrivals,
      admitted: current.admitted - admitted,
      lost: current.lost - lost,
    };
    this.#before = current;
    this.#survey.step();
    this.#history.record({
      at: now(),
      mode: gate.mode,
      reason: gate.modeReason,
      unadmitted: counters.unadmitted,
      admitted: this.#perSecond.admitted,
      lost: this.#perSecond.lost,
    });
  }

  view(): GateView {
    const { gate, now, tableInForce } = this.#options;
    const { counters, handshakes } = gate;
    return {
      at: now(),
      mode: gate.mode,
      reason: gate.modeReason,
      effort: gate.effort,
      perSecond: this.#perSecond,
      open: counters.open,
      browsing: counters.browsing,
      arrivals: counters.arrivals,
      lanes: lanesOf(gate),
      lost: [...counters.lost].map(([outcome, count]) => ({ outcome, count })).sort((a, b) => b.count - a.count),
      handshakes: { waiting: handshakes.waiting, inFlight: handshakes.inFlight, oldestAgeMs: handshakes.oldestAgeMs },
      sources: this.sources,
      table: tableInForce?.() ?? null,
      kernel: this.kernel ?? null,
      history: this.#history.points,
      changes: this.#history.changes,
    };
  }

  /** What the gate would do to this address now; `undefined` when the text is no address. */
  explain(address: string): (Explanation & { readonly country: string }) | undefined {
    if (isIP(address) === 0) return undefined;
    const { gate, sourceOf, table } = this.#options;
    const source = sourceOf(address);
    return { ...gate.explain(source), country: table.lookup(source.address).country };
  }
}

/** Lanes that are waited in; whoever is in A is inside, and is admitted or refused no more. */
const lanes = ["B", "C", "D", "E"] as const;

/** What each lane's refusals are called. Failures of the spent set may be anybody's. */
const refusals: Readonly<Record<(typeof lanes)[number], RegExp>> = {
  B: /^ticket-/,
  C: /^token-/,
  D: /^work-/,
  E: /^none-/,
};

export function lanesOf({ counters }: ObservedGate): readonly LaneView[] {
  return lanes.map((lane) => {
    const refused = [...counters.lost].filter(([outcome]) => refusals[lane].test(outcome)).map(([, count]) => count);
    return { lane, admitted: counters.admitted[lane], refused: sum(refused) };
  });
}

/** The website is no loss: who asked for it got it, or was told. */
function lostOf({ counters }: ObservedGate): number {
  return sum(counters.lost.values()) - (counters.lost.get("website") ?? 0);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
