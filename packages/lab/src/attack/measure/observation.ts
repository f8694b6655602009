import type { Transaction } from "../honest/ledger.ts";
import type { Refusals } from "../honest/load.ts";
import type { Tally } from "../hostile/tally.ts";
import type { GateSample } from "../subject/subject.ts";

/** How things were at one moment. Times in milliseconds since the Unix epoch, CPU in seconds so far, memory in bytes. */
export interface Look {
  readonly at: number;
  readonly subjectCpu: number;
  readonly generatorCpu: number;
  /** Of the whole machine, the other two included. */
  readonly machineCpu: number;
  readonly residentBytes: number;
  /** Hostile connections open, by the attackers' own count. */
  readonly held: number;
  readonly gate?: GateSample;
}

/** A write of 4 KiB beside the subject's data: when it began, in milliseconds since the Unix epoch, and how long until it was durable. */
export interface DiskWait {
  readonly at: number;
  readonly ms: number;
}

/** When each phase began, and when the last one ended. Milliseconds since the Unix epoch. */
export interface Times {
  readonly quiet: number;
  readonly attack: number;
  readonly after: number;
  readonly end: number;
}

/** Everything that one run has seen; what is made of it is pure. */
export interface Observation {
  readonly times: Times;
  readonly transactions: readonly Transaction[];
  readonly looks: readonly Look[];
  readonly diskWaits: readonly DiskWait[];
  readonly tally: Tally;
  readonly lost: number;
  readonly refusals: Refusals;
  /** When honest clients dialled. */
  readonly dials: readonly number[];
  /** CPU for each invalid proof by kind, in microseconds; only where invalid proofs are the attack. */
  readonly proofCostUs: Readonly<Record<string, number>> | null;
  /** How long each of the crowd took to come back; empty when there was none. */
  readonly returnMs: readonly number[];
  /** What ended the subject, if it did not live to the end. */
  readonly death: string | undefined;
  /** Why the quiet run was not quiet, where the run went on all the same. */
  readonly disturbance: string | undefined;
  /** What went wrong that should not. */
  readonly troubles: readonly string[];
}
