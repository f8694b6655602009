/** One thread of a run over many seeds: receives a seed, answers with what came of it. */
import { parentPort } from "node:worker_threads";
import { runGateSeed } from "./gate/gate-run.ts";
import { runLogSeed } from "./log-run.ts";
import { describeResult } from "./report.ts";
import { type RunOptions, type RunResult, runSeed } from "./run.ts";

/** A result as it crosses threads: errors do not keep their fields there. */
export interface SeedReport {
  readonly seed: number;
  readonly isClean: boolean;
  readonly text: string;
  readonly stats: Readonly<Record<string, number>>;
}

function runAnySeed(options: RunOptions): Promise<RunResult> {
  if (options.gate === true) return runGateSeed({ ...options, canary: options.gateCanary });
  return options.logs === true ? runLogSeed(options) : runSeed(options);
}

export async function reportSeed(options: RunOptions): Promise<SeedReport> {
  const result = await runAnySeed(options);
  return {
    seed: options.seed,
    isClean: result.violation === undefined,
    text: describeResult(result, options),
    stats: result.stats,
  };
}

parentPort?.on("message", (options: RunOptions) => {
  // The event loop's own turn is what the simulation counts: nothing else runs in this thread meanwhile.
  void reportSeed(options).then((report) => parentPort?.postMessage(report));
});
