/** What a run has to say, for people: enough to see it again with one command. */
import type { RunOptions, RunResult } from "./run.ts";

/** The command that repeats a run exactly. */
export function replayCommand({ seed, ops, canary, faults, without, logs, gate, gateCanary }: RunOptions): string {
  const more = [
    logs === true ? " --logs" : "",
    gate === true ? " --gate" : "",
    gateCanary === undefined ? "" : ` --canary=${gateCanary}`,
    canary === undefined ? "" : ` --canary=${canary}`,
    without === undefined ? "" : ` --without=${without.join(",")}`,
    faults === undefined ? "" : ` --faults=${faults.length === 0 ? "none" : faults.join(",")}`,
  ];
  return `npm run sim -- --seed=${seed} --ops=${ops}${more.join("")}`;
}

export function describeResult(result: RunResult, options: RunOptions): string {
  const { seed, step, ops, violation, violations, trace } = result;
  if (violation === undefined) return `seed ${seed}: ${ops} operations, nothing broken, trace ${trace.slice(0, 16)}`;
  const lines = [`seed ${seed}: broken at step ${step} of ${ops}, trace ${trace.slice(0, 16)}`];
  for (const { message } of violations) lines.push(`  ${message.replaceAll("\n", "\n    ")}`);
  for (const line of result.diagnosis) lines.push(`    ${line}`);
  lines.push(`  replay: ${replayCommand({ ...options, seed })}`);
  return lines.join("\n");
}

export function describeStats(stats: RunResult["stats"]): string {
  return Object.entries(stats)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
