import type { Layout } from "../process/cpus.ts";

/** What the person asked of a run. */
export interface BenchSettings {
  /** Measured seconds of each repetition, after the warm-up. */
  readonly seconds: number;
  /** Small sizes and short times: to see that everything runs, not to be quoted. */
  readonly isQuick: boolean;
  readonly repetitions: number;
  /** Cores of the server, where the scenario leaves a choice; `undefined` means the scenario's own. */
  readonly layout: Layout | undefined;
  /** Size of every message's body, in bytes. */
  readonly bodyBytes: number;
  readonly isProfiling: boolean;
  readonly onProgress: (text: string) => void;
}

/** Seconds of load before counting starts: compilers and caches warm up. */
export function warmUpSeconds(settings: BenchSettings): number {
  return settings.isQuick ? 0.5 : 2;
}
