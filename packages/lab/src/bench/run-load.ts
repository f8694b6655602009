import { LabError } from "../lab-error.ts";
import { CpuMeter } from "../process/cpus.ts";
import type { Measurement, Sample } from "./figure.ts";
import { type BenchSettings, warmUpSeconds } from "./settings.ts";

/** Something that keeps a service busy and counts what came through. */
export interface Load {
  /** Sends the first messages; each one that is done sends the next. */
  begin(): void;
  /** Forgets what was counted so far. */
  reset(): void;
  /** What was counted in `seconds`. */
  snapshot(seconds: number): Measurement[];
  /** Sends no more. */
  cease(): void;
  readonly inFlight: number;
  /** What went wrong, once something has. */
  readonly failure: Error | undefined;
}

const drainMsMax = 20_000;

/** Loads the service with process id `pid`: warm-up, measured time, then waits for what is on its way. */
export async function runLoad(load: Load, pid: number, settings: BenchSettings): Promise<Sample> {
  load.begin();
  await pass(load, warmUpSeconds(settings));
  load.reset();
  const meter = new CpuMeter(pid);
  const startedAt = performance.now();
  await pass(load, settings.seconds);
  const cpu = meter.read();
  const measurements = load.snapshot((performance.now() - startedAt) / 1_000);
  load.cease();
  const givesUpAt = performance.now() + drainMsMax;
  while (load.inFlight > 0 && performance.now() < givesUpAt) await pass(load, 0.05);
  if (load.inFlight > 0) throw new LabError("ERR_BENCH", `${load.inFlight} messages never arrived`);
  return { measurements, ...cpu };
}

async function pass(load: Load, seconds: number): Promise<void> {
  const endsAt = performance.now() + 1_000 * seconds;
  while (performance.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(50, endsAt - performance.now())));
    if (load.failure !== undefined) throw load.failure;
  }
}
