import { percentile } from "../../statistics.ts";
import { honestRate, type RunSettings } from "../settings.ts";
import type { Subject } from "../subject/subject.ts";
import { type DiskFigures, diskUnderAttack, stallOf } from "./disk.ts";
import * as evaluate from "./evaluate.ts";
import type { Observation } from "./observation.ts";
import type { AttackResult } from "./result.ts";

/** One line for one run: pure. */
export function resultOf(settings: RunSettings, subject: Subject, observation: Observation): AttackResult {
  const { attack, ratio, isTls, subject: against, setup, rates } = settings;
  const { times, tally, lost, refusals } = observation;
  const during = evaluate.usage(observation, "attack");
  const hostilePerSecond = tally.attempts / ((times.after - times.attack) / 1_000);
  const isAttacked = ratio > 0;
  const disk = diskUnderAttack(observation);
  const kept = isAttacked ? hostilePerSecond / (ratio * honestRate(rates)) : 1;
  const why = invalidity(observation, { generatorCpu: during.generatorCpu, disk, kept });
  return {
    attack,
    ratio,
    tls: isTls,
    against,
    setup,
    lanes: evaluate.lanesOf(observation),
    reactMs: isAttacked ? evaluate.reactMs(observation) : null,
    recoverMs: isAttacked ? evaluate.recoverMs(observation) : null,
    cpuPerRefusalUs: isAttacked ? evaluate.cpuPerRefusalUs(observation) : null,
    cpuPerInvalidProofUs: meanOf(observation.proofCostUs),
    proofCostUs: observation.proofCostUs,
    kibPerUnadmitted: attack === "silent" || attack === "slow" ? evaluate.kibPerUnadmitted(observation) : null,
    strangersAheadShare: isAttacked ? evaluate.strangersAheadShare(observation) : null,
    falseRefusals: refusals.falseRefusals,
    lost,
    reused: tally.reused,
    generatorCpu: share(during.generatorCpu),
    valid: why === null,
    why,
    died: observation.death ?? null,
    subjectCpu: share(during.subjectCpu),
    quietSubjectCpu: share(evaluate.usage(observation, "quiet").subjectCpu),
    otherCpu: share(during.otherCpu),
    disk,
    again: null,
    hostilePerSecond: Math.round(hostilePerSecond),
    worstMode: evaluate.worstMode(observation),
    effortMax: evaluate.effortMax(observation),
    returned: returnedOf(observation.returnMs),
    busy: refusals.busy,
    evidence: evaluate.evidence(observation),
    tally,
    counters: evaluate.countersDuring(observation),
    note: subject.note,
  };
}

/** What makes the figures worth nothing; `null` when nothing does. */
function invalidity(
  { troubles, disturbance, death }: Observation,
  { generatorCpu, disk, kept }: { generatorCpu: number; disk: DiskFigures; kept: number },
): string | null {
  if (generatorCpu > evaluate.generatorCpuMax)
    return `the generator used ${Math.round(100 * generatorCpu)} % of its core`;
  if (kept < 0.9) return `the generator made only ${Math.round(100 * kept)} % of the hostile attempts in time`;
  if (disturbance !== undefined) return `the quiet run was not quiet: ${disturbance}`;
  const stall = stallOf(disk);
  if (stall !== undefined) return stall;
  const [first] = death === undefined ? troubles : [];
  return first === undefined ? null : `an honest client failed in a way that it should not: ${first.split("\n", 1)[0]}`;
}

function returnedOf(returnMs: readonly number[]): AttackResult["returned"] {
  if (returnMs.length === 0) return null;
  const sorted = [...returnMs].sort((a, b) => a - b);
  return {
    count: sorted.length,
    p50Ms: Math.round(percentile(sorted, 0.5)),
    allMs: evaluate.rounded(percentile(sorted, 1)),
  };
}

function meanOf(costs: Readonly<Record<string, number>> | null): number | null {
  const values = Object.values(costs ?? {});
  return values.length === 0 ? null : evaluate.rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function share(cores: number): number {
  return Math.round(1_000 * cores) / 1_000;
}
