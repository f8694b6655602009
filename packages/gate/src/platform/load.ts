/** Measures what the gate decides its mode by. */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Gate } from "../core/gate.ts";
import type { Load } from "../core/types.ts";

const nanosecondsPerMs = 1_000_000;
/** Finer than the delays that matter, coarser than what measuring costs. */
const resolutionMs = 5;

export class LoadMeter {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #memoryBytesMax: number;
  #overflows = listenOverflows();
  #utilization = performance.eventLoopUtilization();

  /** `memoryBytesMax`: resident memory that the operator allows. */
  constructor(memoryBytesMax: number) {
    this.#memoryBytesMax = memoryBytesMax;
    this.#delay.enable();
  }

  /** What has been since the last call. */
  measure({ counters, handshakes }: Gate): Load {
    const overflows = listenOverflows();
    const utilization = performance.eventLoopUtilization();
    const load: Load = {
      // The histogram counts its own interval into every delay.
      loopDelayP99Ms: Math.max(0, this.#delay.percentile(99) / nanosecondsPerMs - resolutionMs),
      loopBusyShare: performance.eventLoopUtilization(utilization, this.#utilization).utilization,
      handshakeQueueAgeMs: handshakes.oldestAgeMs,
      acceptOverflows: Math.max(0, overflows - this.#overflows),
      connections: counters.connections,
      unadmitted: counters.unadmitted,
      memoryShare: process.memoryUsage.rss() / this.#memoryBytesMax,
    };
    this.#overflows = overflows;
    this.#utilization = utilization;
    this.#delay.reset();
    return load;
  }

  stop(): void {
    this.#delay.disable();
  }
}

/** Connections that the kernel has dropped at full accept queues, of the whole machine; 0 where it does not say. */
function listenOverflows(): number {
  try {
    return overflowsIn(readFileSync("/proc/net/netstat", "latin1"));
  } catch {
    // Only Linux has it: elsewhere the other signs have to do.
    return 0;
  }
}

/** Reads `/proc/net/netstat`: a line of names and a line of numbers for every group. */
export function overflowsIn(text: string): number {
  const [names = "", values = ""] = text.split("\n").filter((line) => line.startsWith("TcpExt:"));
  const at = names.split(" ").indexOf("ListenOverflows");
  const value = at === -1 ? 0 : Number(values.split(" ")[at]);
  return Number.isSafeInteger(value) ? value : 0;
}
