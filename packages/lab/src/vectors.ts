import { readFile } from "node:fs/promises";
// Not part of the session package's front door: it brings cipher suites that Rempart itself never uses.
import { type PassiveClientCase, runPassiveClientFile } from "@rempart/session/passive-client";
import { nodeProvider } from "@rempart/session/provider/node";
import { readArguments } from "./command-line.ts";
import { LabError, messageOf } from "./lab-error.ts";

/** Runs every case of one parsed file; throws when the file is not of the format at all. */
export type FileRunner = (file: unknown) => Promise<{ readonly cases: readonly PassiveClientCase[] }>;

const passiveClient: FileRunner = (file) => runPassiveClientFile(nodeProvider(), file);

/** One line for a case: file, index, suite, result, reason. */
export function caseLine(file: string, { index, suite, result, reason }: PassiveClientCase): string {
  return `${file} case ${index} suite ${suite}: ${result}${reason === undefined ? "" : ` (${reason})`}`;
}

/** `vectors mls FILE…`: one line a case and a closing count. Returns the exit code: 0 only when nothing failed. */
export async function runVectors(
  args: string[],
  options: { readonly print: (line: string) => void; readonly run?: FileRunner },
): Promise<number> {
  const { positionals } = readArguments(args, {});
  const [kind, ...files] = positionals;
  if (kind !== "mls" || files.length === 0) throw new LabError("ERR_USAGE", "usage: rempart-lab vectors mls FILE…");
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    const { cases } = await casesOf(file, options.run ?? passiveClient);
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
