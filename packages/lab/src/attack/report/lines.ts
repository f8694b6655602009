import type { AttackResult } from "../measure/result.ts";
import { honestLanes } from "../settings.ts";

/** One result for people: two lines. */
export function lineOf(result: AttackResult): string {
  const lanes = honestLanes.flatMap((lane) => {
    const figures = result.lanes[lane];
    if (figures === undefined) return [];
    return [`${lane} ${percent(figures.goodput)}, p99 ${ms(figures.p99Ms)} (quiet ${ms(figures.quietP99Ms)})`];
  });
  const about = [
    `${result.hostilePerSecond} hostile/s`,
    `reacted ${ms(result.reactMs)}`,
    `recovered ${ms(result.recoverMs)}`,
    ...(result.cpuPerRefusalUs === null ? [] : [`${result.cpuPerRefusalUs} µs per refusal`]),
    ...(result.kibPerUnadmitted === null ? [] : [`${result.kibPerUnadmitted} KiB per unadmitted`]),
    `lost ${result.lost}`,
    `falsely refused ${result.falseRefusals}`,
    `reused ${result.reused}`,
    `generator ${percent(result.generatorCpu)}`,
    `server ${percent(result.subjectCpu)}`,
    `other ${percent(result.otherCpu)}`,
    ...(result.disk === null ? [] : [`disk ${ms(result.disk.waitMsMax)} at most`]),
    ...(result.returned === null ? [] : [`${result.returned.count} back in ${ms(result.returned.allMs)}`]),
    ...(result.died === null ? [] : [`DIED: ${result.died}`]),
    ...(result.again === null ? [] : [`once more, because the first time ${result.again}`]),
    ...(result.valid ? [] : [`VOID: ${result.why}`]),
  ];
  return `${runName(result)}: ${lanes.join(" · ")}\n  ${about.join(" · ")}`;
}

/** Which run it is, for people. */
export function runName({ attack, ratio, tls, against, setup }: AttackResult): string {
  const subject = against === "rempart" ? against : `${against} (${setup})`;
  return `${attack}, ratio ${ratio}, ${tls ? "TLS" : "plain"}, ${subject}`;
}

/** A share as a percentage, with the one decimal that 99.5 % needs. */
export function percent(share: number): string {
  return `${Math.floor(share * 1_000) / 10} %`;
}

export function ms(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)} ms`;
}
