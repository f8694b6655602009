import type { GateMode } from "@rempart/protocol";
import { type Admission, shedOutcomes } from "./admission.ts";
import type { Doorstep, DoorstepView } from "./doorstep.ts";
import type { EntryLane } from "./lane-shares.ts";
import type { PrefixBook } from "./prefix-book.ts";
import type { Outcome, Source } from "./types.ts";

/** What the gate would do to an address now, and why: for the administrator's page. JSON-serialisable. */
export interface Explanation {
  readonly source: Source;
  readonly mode: GateMode;
  readonly modeReason: string;
  /** What a connection would meet at once: `peek` is the way in, anything else a reset. */
  readonly accept: "peek" | Outcome;
  /** Whether an admission in lane B or C speaks for the prefix. */
  readonly isTrusted: boolean;
  /** Whether members came from several prefixes of its network of late. */
  readonly isFamiliar: boolean;
  /** Invalid proofs of its prefix that are still held against it. */
  readonly invalidProofs: number;
  /** How long its prefix stays on the deny list, in milliseconds; 0 when it is not on it. */
  readonly deniedForMs: number;
  /** New connections that its prefix may make now. */
  readonly acceptLeft: number;
  /** Connections of its prefix that are open and not admitted. */
  readonly unadmitted: number;
  /** Effort that a newcomer is asked for. */
  readonly effort: number;
  /** What its proof would get it, for each lane: `in`, or the outcome. */
  readonly lanes: {
    readonly B: "in" | Outcome;
    readonly C: "in" | Outcome;
    readonly D: "in" | Outcome;
    readonly E: "in" | Outcome;
  };
  /** The same in English sentences, most important first. */
  readonly why: readonly string[];
}

interface ExplainOptions {
  readonly view: DoorstepView;
  readonly modeReason: string;
  readonly effort: number;
  readonly book: PrefixBook;
  readonly doorstep: Doorstep;
  readonly admission: Admission;
  readonly isStopping: boolean;
}

/** Asks the very parts that would decide; changes nothing. */
export function explain(source: Source, options: ExplainOptions): Explanation {
  const { view, book, doorstep, admission } = options;
  const laneOutcome = (lane: EntryLane) => (admission.hasRoom(lane, source) ? "in" : shedOutcomes[lane]);
  const facts = {
    source,
    mode: view.mode,
    modeReason: options.modeReason,
    accept: options.isStopping ? "stopping" : (doorstep.refusal(source, view) ?? "peek"),
    isTrusted: book.isTrusted(source.prefix, view.elapsed),
    isFamiliar: book.isFamiliar(source, view.elapsed),
    invalidProofs: book.invalidProofs(source.prefix, view.elapsed),
    deniedForMs: book.deniedForMs(source.prefix, view.elapsed),
    acceptLeft: Math.floor(doorstep.left(source, view)),
    unadmitted: doorstep.unadmitted(source),
    effort: options.effort,
    lanes: { B: laneOutcome("B"), C: laneOutcome("C"), D: laneOutcome("D"), E: laneOutcome("E") },
  } as const;
  return { ...facts, why: sentences(facts) };
}

const acceptSentences: Partial<Record<Outcome | "peek", string>> = {
  peek: "A connection would be accepted, and its first bytes read.",
  "accept-denied": "Connections are reset: its prefix is on the deny list.",
  "accept-prefix": "Connections are reset: its prefix makes too many, or keeps too many open that prove nothing.",
  "accept-rate": "Connections are reset: too many come from everywhere, and no member came from this prefix of late.",
  "accept-full": "Connections are reset: too many are open.",
  stopping: "Connections are reset: the server is stopping.",
};

function sentences(facts: Omit<Explanation, "why">): string[] {
  const { lanes, deniedForMs, invalidProofs, isTrusted, isFamiliar } = facts;
  const sentence = (lane: string, who: string, outcome: string) =>
    outcome === "in" ? `Lane ${lane}, ${who}, is open to it.` : `Lane ${lane}, ${who}, is full for it: ${outcome}.`;
  return [
    acceptSentences[facts.accept] ?? `Connections are reset: ${facts.accept}.`,
    ...(deniedForMs > 0 ? [`It stays on the deny list for ${Math.ceil(deniedForMs / 1_000)} s.`] : []),
    ...(invalidProofs > 0 ? [`${invalidProofs} invalid proofs of its prefix are held against it.`] : []),
    ...(isTrusted ? ["Somebody of its prefix was admitted with a ticket or a token of late: it is never denied."] : []),
    ...(isFamiliar && !isTrusted
      ? [
          "Members came from several prefixes of its network of late: its handshakes go before those of unknown networks.",
        ]
      : []),
    sentence("B", "with a ticket", lanes.B),
    sentence("C", "with a token", lanes.C),
    sentence("D", `with work of effort ${facts.effort}`, lanes.D),
    sentence("E", "with nothing", lanes.E),
    `The gate is in mode ${facts.mode}: ${facts.modeReason}.`,
  ];
}
