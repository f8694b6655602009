/** One thread of a run over many seeds: receives a seed, answers with what came of it. */
import { parentPort } from "node:worker_threads";
import { runLogSeed } from "./log-run.ts";
import { describeResult } from "./report.ts";
import { type RunOptions, runSeed } from "./run.ts";

/** A result as it crosses threads: errors do not keep their fields there. */
export interface SeedReport {
  readonly seed: number;
  readonly isClean: boolean;
  readonly text: string;
  readonly stats: Readonly<Record<string, number>>;
}

export async function reportSeed(options: RunOptions): Promise<SeedReport> {
  const result = await (options.logs === true ? runLogSeed(options) : runSeed(options));
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
