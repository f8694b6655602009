import type { GateMode } from "@rempart/protocol";
import { percentile } from "../../statistics.ts";
import type { Transaction } from "../honest/ledger.ts";
import { type HonestLane, honestLanes } from "../settings.ts";
import { diskIn, stallOf } from "./disk.ts";
import type { Look, Observation, Times } from "./observation.ts";
import { boundsOf, inPhase, type Phase } from "./phases.ts";
import type { LaneResult } from "./result.ts";

/** Above this share of its core the generator may be what limits the figures. */
export const generatorCpuMax = 0.8;
/** What a run without an attacker may be at most to count as quiet. */
export const quietBounds = { generatorCpu: 0.5, subjectCpu: 0.5, otherCpu: 0.15, p99Ms: 500 } as const;
/** How much slower than in quiet counts as recovered, and how many connections more may be under way. */
const slackMs = 100;
const slackConnections = 10;
/** Share of a lane's transactions that may be slower and the lane still is as before: its p99. */
const slowShareMax = 0.01;

/** What became of each lane that had transactions. */
export function lanesOf(
  observation: Pick<Observation, "times" | "transactions">,
): Partial<Record<HonestLane, LaneResult>> {
  const lanes: Partial<Record<HonestLane, LaneResult>> = {};
  for (const lane of honestLanes) {
    const quiet = figuresOf(inPhase(observation, "quiet").filter((each) => each.lane === lane));
    const attack = figuresOf(inPhase(observation, "attack").filter((each) => each.lane === lane));
    if (quiet.transactions + attack.transactions === 0) continue;
    lanes[lane] = { ...attack, quietGoodput: quiet.goodput, quietP99Ms: quiet.p99Ms };
  }
  return lanes;
}

function figuresOf(transactions: readonly Transaction[]): Omit<LaneResult, "quietGoodput" | "quietP99Ms"> {
  const done = transactions.filter(({ reached }) => reached === "done");
  const durations = Float64Array.from(done, ({ ms }) => ms).sort();
  const at = (share: number) => rounded(percentile(durations, share));
  return {
    transactions: transactions.length,
    goodput: transactions.length === 0 ? 1 : done.length / transactions.length,
    failures: transactions.length - done.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
  };
}

/** Why a run without an attacker is not quiet; `undefined` when it is. */
export function disturbance(
  observation: Pick<Observation, "times" | "transactions" | "looks" | "diskWaits">,
): string | undefined {
  const { generatorCpu, subjectCpu, otherCpu } = usage(observation, "quiet");
  if (generatorCpu > quietBounds.generatorCpu) return `the generator used ${percent(generatorCpu)} of its core`;
  if (subjectCpu > quietBounds.subjectCpu) return `the server used ${percent(subjectCpu)} of its core`;
  if (otherCpu > quietBounds.otherCpu) return `something else on this machine used ${percent(otherCpu)} of a core`;
  const stall = stallOf(diskIn(observation, "quiet"));
  if (stall !== undefined) return stall;
  for (const [lane, { quietGoodput, quietP99Ms }] of Object.entries(lanesOf(observation))) {
    if (quietGoodput < 1) return `lane ${lane} lost transactions before the attack`;
    if (quietP99Ms !== null && quietP99Ms > quietBounds.p99Ms)
      return `lane ${lane} had a p99 of ${quietP99Ms} ms before the attack`;
  }
  return undefined;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Cores used in one phase. */
export function usage(
  { looks, times }: Pick<Observation, "times" | "looks">,
  phase: Phase,
): { generatorCpu: number; subjectCpu: number; otherCpu: number } {
  const [from, to] = boundsOf(times, phase);
  const within = looks.filter(({ at }) => at >= from && at < to);
  const [first, last] = [within[0], within.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at)
    return { generatorCpu: 0, subjectCpu: 0, otherCpu: 0 };
  const seconds = (last.at - first.at) / 1_000;
  const generatorCpu = (last.generatorCpu - first.generatorCpu) / seconds;
  const subjectCpu = (last.subjectCpu - first.subjectCpu) / seconds;
  const machineCpu = (last.machineCpu - first.machineCpu) / seconds;
  return { generatorCpu, subjectCpu, otherCpu: Math.max(0, machineCpu - generatorCpu - subjectCpu) };
}

/** From the attack's start to the first look at which the gate is on its guard or has refused more than it did at the start. */
export function reactMs({ looks, times }: Observation): number | null {
  const during = looks.filter(({ at, gate }) => at >= times.attack && at < times.after && gate !== undefined);
  const before = looks.findLast(({ at, gate }) => at < times.attack && gate !== undefined);
  const refusalsBefore = before?.gate?.refusals ?? 0;
  const first = during.find(
    ({ gate }) => gate !== undefined && (gate.mode !== "normal" || gate.refusals > refusalsBefore),
  );
  return first === undefined ? null : Math.round(first.at - times.attack);
}

/**
 * The moment from which on every lane is as it was in quiet, after the attack. `null` when that never comes. Lane D is
 * when none of it fails: modes come down a step a minute, and until then newcomers go on solving.
 */
export function recoverMs(observation: Observation): number | null {
  const { times, looks } = observation;
  const after = inPhase(observation, "after");
  const lanes = lanesOf(observation);
  const crowded = unadmittedBefore(looks, times) + slackConnections;
  const lastCrowded = looks.findLast(({ at, gate }) => at >= times.after && (gate?.unadmitted ?? 0) > crowded)?.at;
  let recovered = lastCrowded === undefined ? times.after : lastCrowded + 100;
  for (const lane of honestLanes) {
    const bound =
      lane === "D" ? Number.POSITIVE_INFINITY : (lanes[lane]?.quietP99Ms ?? Number.POSITIVE_INFINITY) + slackMs;
    const own = after.filter((each) => each.lane === lane).sort((a, b) => a.at - b.at);
    recovered = Math.max(recovered, laneRecovered(own, bound, times.after));
  }
  // Something must have been seen to be as before.
  return after.some(({ at }) => at >= recovered) ? Math.round(recovered - times.after) : null;
}

/** From which moment on no transaction failed and at most one in a hundred was slower than `boundMs`. */
function laneRecovered(transactions: readonly Transaction[], boundMs: number, from: number): number {
  let allowed = Math.floor(slowShareMax * transactions.length);
  for (const { at, ms, reached } of [...transactions].reverse()) {
    const isSlow = ms > boundMs;
    if (reached === "done" && (!isSlow || allowed > 0)) {
      if (isSlow) allowed -= 1;
      continue;
    }
    return Math.max(from, at) + 1;
  }
  return from;
}

function unadmittedBefore(looks: readonly Look[], times: Times): number {
  const before = looks.filter(({ at }) => at >= times.quiet && at < times.attack);
  return Math.max(0, ...before.map(({ gate }) => gate?.unadmitted ?? 0));
}

/** CPU that the subject spent above quiet, for each connection that ended before it was admitted. Microseconds. */
export function cpuPerRefusalUs(observation: Observation): number | null {
  const seconds = (observation.times.after - observation.times.attack) / 1_000;
  const above = (usage(observation, "attack").subjectCpu - usage(observation, "quiet").subjectCpu) * seconds;
  const ended = lostDuring(observation);
  return ended < 100 ? null : rounded((Math.max(0, above) / ended) * 1e6);
}

/** Connections that ended unadmitted during the attack: by the subject's own count, or else by the attackers'. */
function lostDuring({ looks, times, tally }: Observation): number {
  const known = looks.filter(({ at, gate }) => at >= times.quiet && at < times.after && gate !== undefined);
  const start = known.findLast(({ at }) => at < times.attack)?.gate;
  const end = known.at(-1)?.gate;
  if (start !== undefined && end !== undefined) return end.lost - start.lost;
  return tally.reset + tally.ended + tally.left;
}

/** Memory above quiet for each connection held that is not admitted, at the moment when most were held. KiB. */
export function kibPerUnadmitted({ looks, times }: Observation): number | null {
  const before = looks.findLast(({ at }) => at < times.attack);
  const heldAt = (look: Look) => look.gate?.unadmitted ?? look.held;
  // The last second: garbage has been collected then.
  const during = looks.filter(({ at }) => at >= times.after - 1_000 && at < times.after + 200);
  const last = during.reduce<Look | undefined>((least, look) => {
    if (heldAt(look) < heldCountMin) return least;
    return least === undefined || perHeld(look) < perHeld(least) ? look : least;
  }, undefined);
  function perHeld(look: Look): number {
    return (
      (look.residentBytes - (before?.residentBytes ?? 0)) /
      Math.max(1, heldAt(look) - (before === undefined ? 0 : heldAt(before)))
    );
  }
  return last === undefined || before === undefined ? null : rounded(Math.max(0, perHeld(last)) / 1_024);
}

/** Fewer say nothing about one. */
const heldCountMin = 200;

/** The worst mode that was seen during the attack. */
export function worstMode({ looks, times }: Observation): GateMode | null {
  const order: readonly GateMode[] = ["normal", "guarded", "siege"];
  const seen = looks
    .filter(({ at }) => at >= times.attack && at < times.after + 1_000)
    .flatMap(({ gate }) => gate?.mode ?? []);
  return order.findLast((mode) => seen.includes(mode)) ?? null;
}

/** The highest effort that newcomers were asked for. */
export function effortMax({ looks }: Observation): number | null {
  const efforts = looks.flatMap(({ gate }) => gate?.effort ?? []);
  return efforts.length === 0 ? null : Math.max(...efforts);
}

/** By how much each of the gate's counters went up from the attack's start to the end of the run. */
export function countersDuring({ looks, times }: Observation): Record<string, number> {
  const start = looks.findLast(({ at, gate }) => at < times.attack && gate !== undefined)?.gate?.counters ?? {};
  const end = looks.findLast(({ gate }) => gate !== undefined)?.gate?.counters ?? {};
  const risen = Object.entries(end).map(([name, value]) => [name, value - (start[name] ?? 0)] as const);
  return Object.fromEntries(risen.filter(([, value]) => value !== 0));
}

/** Of the handshakes that were begun while a member waited, the share that was not members'. `null` when too few were. */
export function strangersAheadShare(observation: Observation): number | null {
  const counters = countersDuring(observation);
  const by = (who: string) => counters[`rempart_gate_contested_handshakes_total{by="${who}"}`] ?? 0;
  const contested = by("member") + by("stranger");
  return contested < contestedMin ? null : Math.round((1_000 * by("stranger")) / contested) / 1_000;
}

const contestedMin = 20;

/** The gate's count of connections against the generator's own, from the attack's start to the end of the run. */
export function evidence(observation: Observation): { published: number; own: number } | null {
  const published = countersDuring(observation).rempart_gate_arrivals_total;
  if (published === undefined) return null;
  const { tally, dials, times, looks } = observation;
  const from = looks.findLast(({ at, gate }) => at < times.attack && gate !== undefined)?.at ?? times.attack;
  const until = looks.findLast(({ gate }) => gate !== undefined)?.at ?? times.end;
  const honest = dials.filter((at) => at >= from && at < until).length;
  return { published, own: tally.connected + honest };
}

/** One decimal; `null` for what is no number. */
export function rounded(value: number): number | null {
  return Number.isFinite(value) ? Math.round(10 * value) / 10 : null;
}
