import type { AttackName } from "./attacks.ts";

/** Who is attacked. */
export const subjectNames = ["rempart", "ejabberd", "prosody", "mosquitto"] as const;
export type SubjectName = (typeof subjectNames)[number];

/** How a rival is set up: as its package comes, hardened by its own means, hardened behind HAProxy. */
export const setupNames = ["default", "hardened", "haproxy"] as const;
export type SetupName = (typeof setupNames)[number];

/** Lanes of honest load. */
export const honestLanes = ["A", "B", "C", "D"] as const;
export type HonestLane = (typeof honestLanes)[number];

/** Lengths of the three phases, in seconds. */
export interface Phases {
  readonly quiet: number;
  readonly attack: number;
  readonly after: number;
}

/** Honest transactions a second, by lane: far from what server and generator can do. */
export type Rates = Readonly<Record<HonestLane, number>>;

/** One run: one attack at one ratio on one subject, from a fresh start. */
export interface RunSettings {
  readonly attack: AttackName;
  /** Hostile attempts for each honest one; 0 is a run without an attacker. */
  readonly ratio: number;
  readonly isTls: boolean;
  readonly subject: SubjectName;
  /** Of a rival; Rempart has one set-up. */
  readonly setup: SetupName;
  readonly phases: Phases;
  readonly rates: Rates;
  /** Seed of everything that is drawn: sources, times, bytes. */
  readonly seed: number;
  /** Goes on even when the quiet run was not quiet; the result is not valid then. */
  readonly isForced: boolean;
  /** Members who are connected and idle, and all come back at once at the end of `pulses`. */
  readonly crowd: number;
}

export const phasesDefault: Phases = { quiet: 15, attack: 30, after: 30 };

/** Twenty a second: at ratio 50 that is 1,000 hostile attempts a second, at 200 it is 4,000. */
export const ratesDefault: Rates = { A: 8, B: 6, C: 4, D: 2 };

/** Honest transactions a second over all lanes. */
export function honestRate(rates: Rates): number {
  return honestLanes.reduce((sum, lane) => sum + rates[lane], 0);
}

/** A transaction that takes longer has failed. Milliseconds. */
export const transactionMsMax = 10_000;
