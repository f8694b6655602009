import { readFile } from "node:fs/promises";
// Not part of the session package's front door: it brings cipher suites that Rempart itself never uses.
import { runPassiveClientFile } from "@rempart/session/passive-client";
import { nodeProvider } from "@rempart/session/provider/node";
import { readArguments } from "./command-line.ts";
import { LabError, messageOf } from "./lab-error.ts";
import { runPrivacyPassFile } from "./privacy-pass-vectors.ts";

export interface VectorCase {
  /** Its place in the file, from 0. */
  readonly index: number;
  /** The cipher suite, or for tokens what the case is about. */
  readonly suite: string;
  readonly result: "passed" | "failed" | "skipped";
  readonly reason?: string;
}

/** Runs every case of one parsed file; throws when the file is not of the format at all. */
export type FileRunner = (file: unknown) => Promise<{ readonly cases: readonly VectorCase[] }>;

const runners: Readonly<Record<string, FileRunner>> = {
  mls: (file) => runPassiveClientFile(nodeProvider(), file),
  privacypass: runPrivacyPassFile,
};

/** One line for a case: file, index, suite, result, reason. */
export function caseLine(file: string, { index, suite, result, reason }: VectorCase): string {
  return `${file} case ${index} suite ${suite}: ${result}${reason === undefined ? "" : ` (${reason})`}`;
}

/** `vectors mls|privacypass FILE…`: one line a case and a closing count. Returns the exit code: 0 only when nothing failed. */
export async function runVectors(
  args: string[],
  options: { readonly print: (line: string) => void; readonly run?: FileRunner },
): Promise<number> {
  const { positionals } = readArguments(args, {});
  const [kind = "", ...files] = positionals;
  const runner = Object.hasOwn(runners, kind) ? runners[kind] : undefined;
  if (runner === undefined || files.length === 0) {
    throw new LabError("ERR_USAGE", "usage: rempart-lab vectors mls|privacypass FILE…");
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    const { cases } = await casesOf(file, options.run ?? runner);
    for (const outcome of cases) {
      counts[outcome.result] += 1;
      options.print(caseLine(file, outcome));
    }
  }
  options.print(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

async function casesOf(file: string, run: FileRunner): ReturnType<FileRunner> {
  try {
    return await run(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new LabError("ERR_VECTOR_FILE", `cannot run ${file}: ${messageOf(error)}`);
  }
}
