import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const functionsShown = 25;
const idleName = "(idle)";

/** The functions with the most self time in every profile that Node left in a directory, as text. */
export async function readCpuProfiles(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".cpuprofile")).sort();
  const parts: string[] = [];
  for (const name of names) {
    const profile = JSON.parse(await readFile(join(directory, name), "utf8")) as CpuProfile;
    parts.push(`profile of thread ${threadOf(name)}\n${topSelfTimes(profile).join("\n")}`);
  }
  return parts.length === 0 ? "the server left no profile" : parts.join("\n\n");
}

/** How much of the thread's life it was idle; then share of its busy time, function and place, largest first. */
export function topSelfTimes(profile: CpuProfile): string[] {
  const nameOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, frameName(callFrame)]));
  const selfTimes = new Map<string, number>();
  for (const [i, id] of profile.samples.entries()) {
    const name = nameOf.get(id) ?? "(unknown)";
    selfTimes.set(name, (selfTimes.get(name) ?? 0) + (profile.timeDeltas[i] ?? 0));
  }
  const total = [...selfTimes.values()].reduce((sum, time) => sum + time, 0);
  const idle = selfTimes.get(idleName) ?? 0;
  selfTimes.delete(idleName);
  const top = [...selfTimes].sort(([, a], [, b]) => b - a).slice(0, functionsShown);
  return [
    `${shareOf(idle, total)}  idle, from its start to its end; of the rest:`,
    ...top.map(([name, time]) => `${shareOf(time, total - idle)}  ${name}`),
  ];
}

function shareOf(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1).padStart(5)} %`;
}

function frameName({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const file = url.startsWith("file:") ? basename(fileURLToPath(url)) : url;
  return `${functionName === "" ? "(anonymous)" : functionName}${file === "" ? "" : `  ${file}:${lineNumber + 1}`}`;
}

/** Node's file names end in `….pid.thread.sequence.cpuprofile`. */
function threadOf(name: string): string {
  return name.split(".").at(-3) ?? name;
}
