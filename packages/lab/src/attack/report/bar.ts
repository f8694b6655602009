import type { AttackResult, LaneResult } from "../measure/result.ts";
import type { HonestLane } from "../settings.ts";
import { ms, percent } from "./lines.ts";

/** One row of what is to be reached. */
export interface BarRow {
  readonly figure: string;
  readonly toReach: string;
  readonly measured: string;
  /** `undefined` when it was not measured. */
  readonly isMet: boolean | undefined;
}

const barRatio = 50;

/** The rows of the design's table, from the valid runs with TLS at 50 hostile attempts for each honest one. */
export function barOf(results: readonly AttackResult[]): BarRow[] {
  const runs = results.filter(
    ({ against, ratio, tls, valid }) => against === "rempart" && ratio === barRatio && tls && valid,
  );
  return [
    goodputRow(runs, ["B", "C"], 0.995),
    goodputRow(runs, ["D"], 0.8),
    worstRow(runs, { figure: "defence active after", toReach: 2_000, of: ({ reactMs }) => reactMs }),
    recoveryRow(runs),
    ...(["A", "B", "C"] as const).map((lane) => delayRow(runs, lane)),
    oneRow(runs, "churn", {
      figure: "CPU per refused connection, connect and reset",
      toReach: 80,
      unit: "µs",
      of: (run) => run.cpuPerRefusalUs,
    }),
    oneRow(runs, "silent", {
      figure: "CPU per refused connection, silent ones",
      toReach: 80,
      unit: "µs",
      of: (run) => run.cpuPerRefusalUs,
    }),
    oneRow(runs, "proofs", {
      figure: "CPU per invalid proof",
      toReach: 40,
      unit: "µs",
      of: (run) => run.cpuPerInvalidProofUs,
    }),
    oneRow(runs, "silent", {
      figure: "memory per unadmitted connection before TLS",
      toReach: 8,
      unit: "KiB",
      of: (run) => run.kibPerUnadmitted,
    }),
    oneRow(runs, "slow", {
      figure: "memory per unadmitted connection, half of them after TLS",
      toReach: 56,
      unit: "KiB",
      of: (run) => run.kibPerUnadmitted,
    }),
    strangersAheadRow(runs),
    returnRow(runs),
    noneRow(runs, "attacks that the server did not survive", ({ died }) => (died === null ? 0 : 1)),
    noneRow(runs, "messages lost", ({ lost }) => lost),
    noneRow(runs, "ticket and token holders refused for good", ({ falseRefusals }) => falseRefusals),
    noneRow(runs, "tokens, tickets and solutions accepted twice", ({ reused }) => reused),
    evidenceRow(runs),
  ];
}

function absent(figure: string, toReach: string): BarRow {
  return { figure, toReach, measured: "not measured", isMet: undefined };
}

function goodputRow(runs: readonly AttackResult[], lanes: readonly HonestLane[], bound: number): BarRow {
  const figure = `goodput of ${lanes.length > 1 ? "lanes" : "lane"} ${lanes.join(" and ")}, worst attack`;
  const toReach = `≥ ${percent(bound)}`;
  const found = runs.flatMap((run) =>
    lanes.flatMap((lane) => {
      const result = run.lanes[lane];
      return result === undefined ? [] : [{ run, lane, goodput: result.goodput }];
    }),
  );
  const worst = lowest(found, ({ goodput }) => goodput);
  if (worst === undefined) return absent(figure, toReach);
  const missing = new Set(found.filter(({ goodput }) => goodput < bound).map(({ run }) => run.attack));
  const others = missing.size > 1 ? `; below in ${[...missing].join(", ")}` : "";
  const measured = `${percent(worst.goodput)} (${worst.run.attack}, lane ${worst.lane}${others})`;
  return { figure, toReach, measured, isMet: worst.goodput >= bound };
}

interface Wanted {
  readonly figure: string;
  readonly toReach: number;
  readonly of: (run: AttackResult) => number | null;
}

/** The largest over all attacks that have the figure at all. */
function worstRow(runs: readonly AttackResult[], { figure, toReach, of }: Wanted): BarRow {
  const found = runs.flatMap((run) => {
    const value = of(run);
    return value === null ? [] : [{ run, value }];
  });
  const worst = lowest(found, ({ value }) => -value);
  if (worst === undefined) return absent(figure, `≤ ${toReach} ms`);
  const without = runs.filter((run) => of(run) === null).map(({ attack }) => attack);
  const never = without.length === 0 ? "" : `; never called for in ${without.join(", ")}`;
  return {
    figure,
    toReach: `≤ ${toReach} ms`,
    measured: `${ms(worst.value)} (${worst.run.attack}${never})`,
    isMet: worst.value <= toReach,
  };
}

function recoveryRow(runs: readonly AttackResult[]): BarRow {
  const never = runs.filter(({ recoverMs }) => recoverMs === null).map(({ attack }) => attack);
  const row = worstRow(runs, { figure: "recovered after", toReach: 5_000, of: ({ recoverMs }) => recoverMs });
  if (never.length === 0) return row;
  return { ...row, measured: `not within the run in ${never.join(", ")}`, isMet: false };
}

function delayRow(runs: readonly AttackResult[], lane: HonestLane): BarRow {
  const figure = `p99 of lane ${lane} above quiet, worst attack`;
  const found = runs.flatMap((run) => {
    const above = aboveQuiet(run.lanes[lane]);
    return above === undefined ? [] : [{ run, above }];
  });
  const worst = lowest(found, ({ above }) => -above);
  if (worst === undefined) return absent(figure, "≤ 100 ms");
  return {
    figure,
    toReach: "≤ 100 ms",
    measured: `${ms(worst.above)} (${worst.run.attack})`,
    isMet: worst.above <= 100,
  };
}

function aboveQuiet(lane: LaneResult | undefined): number | undefined {
  if (lane === undefined || lane.p99Ms === null || lane.quietP99Ms === null) return undefined;
  return Math.max(0, lane.p99Ms - lane.quietP99Ms);
}

function oneRow(
  runs: readonly AttackResult[],
  attack: AttackResult["attack"],
  { figure, toReach, unit, of }: Wanted & { readonly unit: string },
): BarRow {
  const run = runs.find((each) => each.attack === attack);
  const value = run === undefined ? null : of(run);
  if (value === null) return absent(figure, `≤ ${toReach} ${unit}`);
  return { figure, toReach: `≤ ${toReach} ${unit}`, measured: `${value} ${unit}`, isMet: value <= toReach };
}

function strangersAheadRow(runs: readonly AttackResult[]): BarRow {
  const figure = "handshakes that others win while a member waits, worst attack";
  const worst = lowest(
    runs.filter(({ strangersAheadShare }) => strangersAheadShare !== null),
    ({ strangersAheadShare }) => -(strangersAheadShare ?? 0),
  );
  const share = worst?.strangersAheadShare ?? null;
  if (worst === undefined || share === null) return absent(figure, "≤ 25 %");
  return { figure, toReach: "≤ 25 %", measured: `${percent(share)} (${worst.attack})`, isMet: share <= 0.25 };
}

function returnRow(runs: readonly AttackResult[]): BarRow {
  const returned = runs.find(({ attack }) => attack === "pulses")?.returned;
  const figure = "everybody back who reconnects at once";
  if (returned === null || returned === undefined) return absent(figure, "2,000 in ≤ 60 s");
  const isMet = returned.count >= 2_000 && returned.allMs !== null && returned.allMs <= 60_000;
  const measured =
    returned.allMs === null ? `not all of ${returned.count}` : `${returned.count} in ${ms(returned.allMs)}`;
  return { figure, toReach: "2,000 in ≤ 60 s", measured, isMet };
}

function noneRow(runs: readonly AttackResult[], figure: string, of: (run: AttackResult) => number): BarRow {
  if (runs.length === 0) return absent(figure, "0");
  const total = runs.reduce((sum, run) => sum + of(run), 0);
  const where = runs.filter((run) => of(run) > 0).map(({ attack }) => attack);
  return { figure, toReach: "0", measured: total === 0 ? "0" : `${total} (${where.join(", ")})`, isMet: total === 0 };
}

/** Counting starts and ends at two looks a tenth of a second apart from the attack's: that is the noise. */
function evidenceRow(runs: readonly AttackResult[]): BarRow {
  const figure = "published arrivals against the generator's own count, worst attack";
  const found = runs.flatMap((run) => {
    if (run.evidence === null || run.evidence.own === 0) return [];
    return [{ run, off: Math.abs(run.evidence.published - run.evidence.own) / run.evidence.own }];
  });
  const worst = lowest(found, ({ off }) => -off);
  if (worst === undefined) return absent(figure, "within 1 %");
  return {
    figure,
    toReach: "within 1 %",
    measured: `${percent(worst.off)} apart (${worst.run.attack})`,
    isMet: worst.off <= 0.01,
  };
}

function lowest<T>(items: readonly T[], of: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (least, item) => (least === undefined || of(item) < of(least) ? item : least),
    undefined,
  );
}
