import { readFileSync } from "node:fs";

export { cpuSecondsOf, residentBytesOf } from "../../process/cpus.ts";

/** CPU seconds that everything on this machine has used so far, all cores together. */
export function machineCpuSeconds(): number {
  const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "";
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + interrupts + softInterrupts + stolen) / 100;
}
