import { attackNames } from "../attacks.ts";
import type { AttackResult, LaneResult } from "../measure/result.ts";

/** Goodput that must lie between two servers before one is called better: half a percentage point. */
const goodputMargin = 0.005;
/** And p99, where goodput does not decide: a tenth of a second, and a fifth of it. */
const p99MarginMs = 100;
const p99MarginShare = 0.2;

/** Lanes that rivals have as well: inside already, coming back, coming for the first time. */
export const sharedLanes = ["A", "B", "D"] as const;
export type SharedLane = (typeof sharedLanes)[number];

/** One lane of one run, ours beside theirs. */
export interface Comparison {
  readonly rempart: AttackResult;
  readonly rival: AttackResult;
  readonly lane: SharedLane;
  readonly better: "rempart" | "rival" | "neither";
  /** What decided. */
  readonly by: "goodput" | "p99";
}

/** All pairs of valid runs of the same attack, ratio and transport, lane by lane. */
export function comparisonsOf(results: readonly AttackResult[]): Comparison[] {
  const valid = results.filter((result) => result.valid && result.ratio > 0);
  const own = valid.filter(({ against }) => against === "rempart");
  const comparisons: Comparison[] = [];
  for (const rival of valid.filter(({ against }) => against !== "rempart")) {
    const rempart = own.find((each) => isSameRun(each, rival));
    if (rempart === undefined) continue;
    for (const lane of sharedLanes) {
      const [ours, theirs] = [rempart.lanes[lane], rival.lanes[lane]];
      if (ours === undefined || theirs === undefined) continue;
      comparisons.push({ rempart, rival, lane, ...betterOf(ours, theirs) });
    }
  }
  return comparisons.sort((a, b) => attackNames.indexOf(a.rival.attack) - attackNames.indexOf(b.rival.attack));
}

function isSameRun(a: AttackResult, b: AttackResult): boolean {
  return a.attack === b.attack && a.ratio === b.ratio && a.tls === b.tls;
}

function betterOf(ours: LaneResult, theirs: LaneResult): Pick<Comparison, "better" | "by"> {
  const difference = ours.goodput - theirs.goodput;
  if (Math.abs(difference) > goodputMargin) return { better: difference > 0 ? "rempart" : "rival", by: "goodput" };
  const [own, other] = [ours.p99Ms ?? Number.POSITIVE_INFINITY, theirs.p99Ms ?? Number.POSITIVE_INFINITY];
  const margin = Math.max(p99MarginMs, p99MarginShare * Math.max(own, other));
  if (own < other - margin) return { better: "rempart", by: "p99" };
  return { better: other < own - margin ? "rival" : "neither", by: "p99" };
}
