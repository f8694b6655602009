/** `npm run sim`: runs seeds, prints what broke and how to see it again, and ends with 1 if anything did. */
import { availableParallelism } from "node:os";
import { parseSimOptions, type SimOptions, simUsage } from "./options.ts";
import { describeStats, replayCommand } from "./report.ts";
import type { RunOptions } from "./run.ts";
import { SeedThread } from "./seed-thread.ts";
import { reportSeed, type SeedReport } from "./worker.ts";

/** Answers the exit code: 0 clean, 1 broken, 2 wrong arguments. */
export async function runSim(args: string[]): Promise<number> {
  let options: SimOptions;
  try {
    options = parseSimOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${simUsage}`);
    return 2;
  }
  return options.seeds === 1 ? runOne(options) : runMany(options);
}

async function runOne(options: SimOptions): Promise<number> {
  const run = runOptionsOf(options, options.seed);
  const print = (line: string) => console.log(line);
  const report = await reportSeed(options.verbose ? { ...run, print } : run);
  show(report, options);
  return report.isClean ? 0 : 1;
}

async function runMany(options: SimOptions): Promise<number> {
  const started = performance.now();
  let next = options.seed;
  let broken = 0;
  const end = options.seed + options.seeds;
  const work = async () => {
    const thread = new SeedThread();
    while (next < end) {
      const run = runOptionsOf(options, next++);
      const report = await thread.run(run);
      if (!report.isClean) broken++;
      if (!report.isClean || options.verbose) show(report, options);
    }
    await thread.close();
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, availableParallelism(), options.seeds) }, work));
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(
    `${options.seeds} seeds from ${options.seed}, ${options.ops} operations each: ${broken} broken, ${seconds} s`,
  );
  if (broken === 0) console.log(`last: ${replayCommand(runOptionsOf(options, end - 1))}`);
  return broken === 0 ? 0 : 1;
}

function runOptionsOf(options: SimOptions, seed: number): RunOptions {
  const { ops, canary, gateCanary, faults, without, logs, gate } = options;
  return {
    seed,
    ops,
    logs,
    gate,
    ...(gateCanary && { gateCanary }),
    ...(canary && { canary }),
    ...(faults && { faults }),
    ...(without && { without }),
  };
}

function show(report: SeedReport, { stats }: SimOptions): void {
  console.log(report.text);
  if (stats) console.log(`  ${describeStats(report.stats)}`);
}
