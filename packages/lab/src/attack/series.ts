import { LabError, messageOf } from "../lab-error.ts";
import { pinGenerator, requireOpenFiles } from "../process/cpus.ts";
import { abortedResult } from "./measure/aborted.ts";
import { stallOf } from "./measure/disk.ts";
import type { AttackResult } from "./measure/result.ts";
import { describePlan, nameOf, secondsOf } from "./plan.ts";
import { runOnce } from "./run.ts";
import type { RunSettings } from "./settings.ts";

/** Descriptors: the attackers' connections, the honest ones, and the server's half of both. */
const openFilesWanted = 20_000;

/**
 * Makes the runs one after the other and tells each result; progress goes to standard error. Returns whether each of them ran
 * to its end, whatever came of it.
 */
export async function runSeries(
  runs: readonly RunSettings[],
  onResult: (result: AttackResult) => void,
): Promise<boolean> {
  if (runs.length === 0) return true;
  requireOpenFiles(openFilesWanted);
  pinGenerator();
  console.error(describePlan(runs));
  let isWhole = true;
  let left = runs.reduce((sum, each) => sum + secondsOf(each), 0);
  for (const [index, settings] of runs.entries()) {
    const about = `[${index + 1}/${runs.length}, ${Math.ceil(left / 60)} min left] ${nameOf(settings)}`;
    const { result, isDone } = await runTwiceAtMost(settings, (text) => console.error(`${about}: ${text}`));
    isWhole &&= isDone;
    left -= secondsOf(settings);
    onResult(result);
  }
  return isWhole;
}

/** A machine that was busy for a moment, or its disk, gets a second chance, and no third. */
async function runTwiceAtMost(
  settings: RunSettings,
  onProgress: (text: string) => void,
): Promise<{ result: AttackResult; isDone: boolean }> {
  const first = await attempt(settings, onProgress);
  const { disturbance } = first;
  if (disturbance === undefined || settings.isForced) return first;
  onProgress(`${disturbance}; once more`);
  const { result, isDone } = await attempt(settings, onProgress);
  return { result: { ...result, again: disturbance }, isDone };
}

interface Attempt {
  readonly result: AttackResult;
  readonly isDone: boolean;
  /** What of the machine's kept it from counting: another time it may not. */
  readonly disturbance?: string | undefined;
}

async function attempt(settings: RunSettings, onProgress: (text: string) => void): Promise<Attempt> {
  try {
    const result = await runOnce(settings, onProgress);
    return { result, isDone: true, disturbance: result.disk === null ? undefined : stallOf(result.disk) };
  } catch (error) {
    if (error instanceof LabError && error.code === "ERR_PACKAGE_MISSING") throw error;
    const why = messageOf(error);
    const isDisturbed = error instanceof LabError && error.code === "ERR_NOT_QUIET";
    return { result: abortedResult(settings, why), isDone: false, disturbance: isDisturbed ? why : undefined };
  }
}
