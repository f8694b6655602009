import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { LabError } from "../lab-error.ts";

/** Which cores the measured server may use; the generator always stays on core 1. */
export type Layout = "split" | "shared";

export const layoutNames: Record<Layout, string> = {
  split: "server on core 0 alone",
  shared: "server on cores 0 and 1",
};

/** How many cores a server has in `layout`, in part shared with the generator. */
export function serverCores(layout: Layout): number {
  return layout === "split" ? 1 : 2;
}

const generatorCpu = "1";

let canPin: boolean | undefined;

/** Whether processes can be tied to cores here: `taskset` is there and so is a second core. */
export function isPinningAvailable(): boolean {
  canPin ??= availableParallelism() >= 2 && spawnSync("taskset", ["--version"]).status === 0;
  return canPin;
}

/** Ties this process, with the threads it has, to the generator's core, where that is possible. */
export function pinGenerator(): void {
  if (isPinningAvailable()) spawnSync("taskset", ["-acp", generatorCpu, String(process.pid)]);
}

/** The command line that starts `command` on the cores of `layout`. */
export function pinnedCommand(layout: Layout, command: readonly string[]): string[] {
  if (!isPinningAvailable()) return [...command];
  return ["taskset", "-c", layout === "split" ? "0" : "0,1", ...command];
}

/** Lets this process and its children open so many connections. Throws `ERR_BENCH` where it may not. */
export function requireOpenFiles(wanted: number): void {
  if (openFilesMax() >= wanted) return;
  spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${wanted}:${wanted}`]);
  if (openFilesMax() >= wanted) return;
  throw new LabError("ERR_BENCH", `${wanted} open files are needed: raise the limit, as root or with ulimit -Hn`);
}

function openFilesMax(): number {
  const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return line === "unlimited" ? Number.POSITIVE_INFINITY : Number(line ?? 0);
}

/** CPU seconds that a process and all its threads have used so far (Linux counts in 10 ms steps). */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process in bytes. */
export function residentBytesOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(line ?? Number.NaN) * 1_024;
}

/** CPU seconds that everything on this machine has used so far. */
function busySeconds(): number {
  const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "";
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupts + softInterrupts + stolen) / 100;
}

/** Cores used between two moments: 1 is one core all the time. */
export interface CpuUse {
  readonly generatorCpu: number;
  readonly serverCpu: number;
  /** By everything else on the machine: the more, the less a figure is worth. */
  readonly otherCpu: number;
}

/** Measures CPU use of this process, of another, and of the rest of the machine between two moments. */
export class CpuMeter {
  readonly #pid: number;
  #startedAt = 0;
  #own = process.cpuUsage();
  #serverSeconds = 0;
  #busySeconds = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.start();
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#own = process.cpuUsage();
    this.#serverSeconds = cpuSecondsOf(this.#pid);
    this.#busySeconds = busySeconds();
  }

  /** Cores used since {@link start}. */
  read(): CpuUse {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const own = process.cpuUsage(this.#own);
    const generatorCpu = (own.user + own.system) / 1e6 / seconds;
    const serverCpu = (cpuSecondsOf(this.#pid) - this.#serverSeconds) / seconds;
    const allCpu = (busySeconds() - this.#busySeconds) / seconds;
    return { generatorCpu, serverCpu, otherCpu: Math.max(0, allCpu - generatorCpu - serverCpu) };
  }
}
