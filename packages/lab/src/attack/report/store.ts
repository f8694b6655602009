import { existsSync, readFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { LabError, messageOf } from "../../lab-error.ts";
import type { AttackResult } from "../measure/result.ts";

/** A result with where and when it was measured. */
export interface KeptResult extends AttackResult {
  readonly measuredOn: string;
  readonly machine: string;
}

/** This machine, in one line. */
export function machineLine(): string {
  const cores = cpus();
  const model = cores[0]?.model ?? "unknown";
  return `Node ${process.version}, ${cores.length} cores (${model}), ${type()} ${release()}`;
}

/** Of results from before the disk was watched. */
const unknownOfOld: Pick<AttackResult, "disk" | "again"> = { disk: null, again: null };

/** The results kept in `file`, one JSON object a line; none when there is no such file. Throws `ERR_USAGE` for anything else. */
export function readKept(file: string): KeptResult[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  try {
    return lines.filter((line) => line !== "").map((line) => ({ ...unknownOfOld, ...JSON.parse(line) }) as KeptResult);
  } catch (error) {
    throw new LabError("ERR_USAGE", `${file} does not hold results: ${messageOf(error)}`);
  }
}

/** A new result replaces the one of the same run. */
export function merged(kept: readonly KeptResult[], fresh: readonly KeptResult[]): KeptResult[] {
  const byKey = new Map<string, KeptResult>();
  for (const result of [...kept, ...fresh]) byKey.set(keyOf(result), result);
  return [...byKey.values()];
}

export function keyOf({ against, setup, attack, ratio, tls }: AttackResult): string {
  return [against, setup, attack, ratio, tls].join(" ");
}
