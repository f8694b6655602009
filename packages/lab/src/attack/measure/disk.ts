import type { DiskWait, Observation } from "./observation.ts";
import { boundsOf, type Phase } from "./phases.ts";

/** A wait for the disk of so many milliseconds is all that an attack may add to a p99. */
const longWaitMs = 100;
/** Where such waits take more of the time than this, a p99 is the disk's, whatever the subject did. */
const stalledShareMax = 0.01;

/** What the disk did while it was watched. */
export interface DiskFigures {
  /** The longest that 4 KiB took to become durable. */
  readonly waitMsMax: number;
  /** Share of the time in which 4 KiB took a tenth of a second or more, 0 to 1. */
  readonly stalledShare: number;
}

type Watched = Pick<Observation, "times" | "diskWaits">;

/** What the disk did in one phase. */
export function diskIn({ diskWaits, times }: Watched, phase: Phase): DiskFigures {
  const [from, to] = boundsOf(times, phase);
  const within = ({ at, ms }: DiskWait) => Math.max(0, Math.min(at + ms, to) - Math.max(at, from));
  const met = diskWaits.filter((wait) => within(wait) > 0);
  const stalledMs = met.filter(({ ms }) => ms >= longWaitMs).reduce((sum, wait) => sum + within(wait), 0);
  return {
    waitMsMax: Math.round(Math.max(0, ...met.map(({ ms }) => ms))),
    stalledShare: Math.round((1_000 * stalledMs) / Math.max(1, to - from)) / 1_000,
  };
}

/** The worse of the attack and the time after it: both have delays that are measured. */
export function diskUnderAttack(observation: Watched): DiskFigures {
  const [attack, after] = [diskIn(observation, "attack"), diskIn(observation, "after")];
  return {
    waitMsMax: Math.max(attack.waitMsMax, after.waitMsMax),
    stalledShare: Math.max(attack.stalledShare, after.stalledShare),
  };
}

/** How the disk made the figures its own; `undefined` when it did not. */
export function stallOf({ waitMsMax, stalledShare }: DiskFigures): string | undefined {
  if (stalledShare <= stalledShareMax) return undefined;
  const share = (100 * stalledShare).toFixed(1);
  return `the disk was late by ${longWaitMs} ms and more in ${share} % of the time (with 4 KiB by ${waitMsMax} ms)`;
}
