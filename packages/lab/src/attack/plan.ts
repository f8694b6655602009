import { type AttackName, attacks } from "./attacks.ts";
import {
  type Phases,
  phasesDefault,
  type Rates,
  type RunSettings,
  type SetupName,
  type SubjectName,
  setupNames,
} from "./settings.ts";

/** What the person asked for; what is absent is the plan's to choose. */
export interface Wish {
  readonly names: readonly AttackName[];
  readonly isAll: boolean;
  readonly ratios: readonly number[] | undefined;
  readonly phases: Phases | undefined;
  readonly subjects: readonly SubjectName[];
  readonly setups: readonly SetupName[] | undefined;
  readonly isTls: boolean;
  readonly rates: Rates;
  readonly seed: number;
  readonly crowd: number;
  readonly isForced: boolean;
}

const ratioDefault = 50;
/** For `all`: the attacks whose curves over the ratio are drawn, and the ratios besides the default. */
const curveAttacks: readonly AttackName[] = ["churn", "handshakes", "proofs"];
const curveRatios = [1, 10, 200];
const curvePhases: Phases = { quiet: 6, attack: 10, after: 8 };
/** For the rivals, of whom there are three in three set-ups. */
const rivalPhases: Phases = { quiet: 4, attack: 6, after: 4 };

/** All runs, in order. */
export function planOf(wish: Wish): RunSettings[] {
  return wish.subjects.flatMap((subject) => (subject === "rempart" ? rempartRuns(wish) : rivalRuns(wish, subject)));
}

function rempartRuns(wish: Wish): RunSettings[] {
  const phases = wish.phases ?? phasesDefault;
  const ratios = wish.ratios ?? [ratioDefault];
  const runs = wish.names.flatMap((attack) => ratios.map((ratio) => run(wish, { attack, ratio, phases })));
  if (!wish.isAll || wish.ratios !== undefined) return runs;
  const short = wish.phases ?? curvePhases;
  const calm = run(wish, { attack: "churn", ratio: 0, phases: short });
  const curves = curveAttacks.flatMap((attack) =>
    curveRatios.map((ratio) => run(wish, { attack, ratio, phases: short })),
  );
  return [...runs, calm, ...curves];
}

function rivalRuns(wish: Wish, subject: SubjectName): RunSettings[] {
  const phases = wish.phases ?? rivalPhases;
  const names = wish.names.filter((name) => attacks[name].onRivals);
  return (wish.setups ?? setupNames).flatMap((setup) =>
    names.flatMap((attack) =>
      (wish.ratios ?? [ratioDefault]).map((ratio) => run(wish, { attack, ratio, phases, subject, setup })),
    ),
  );
}

function run(wish: Wish, part: Pick<RunSettings, "attack" | "ratio" | "phases"> & Partial<RunSettings>): RunSettings {
  const { isTls, rates, seed, crowd, isForced } = wish;
  return { subject: "rempart", setup: "default", isTls, rates, seed, crowd, isForced, ...part };
}

/** How long a run takes, its preparation included. Seconds, about. */
export function secondsOf({ phases, attack, isTls, subject, crowd, ratio }: RunSettings): number {
  const starting = subject === "rempart" ? 7 : 5;
  const solving = ratio > 0 && (attack === "work" || attack === "effort") ? 6 : 0;
  const gathering = attack === "pulses" && subject === "rempart" ? Math.ceil((crowd * (isTls ? 6 : 3)) / 1_000) : 0;
  return phases.quiet + phases.attack + phases.after + starting + solving + gathering;
}

/** The plan, for people. */
export function describePlan(runs: readonly RunSettings[]): string {
  const seconds = runs.reduce((sum, each) => sum + secondsOf(each), 0);
  const minutes = Math.floor(seconds / 60);
  const lines = runs.map((each) => `  ${nameOf(each)}: ${secondsOf(each)} s`);
  const whole = minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
  return [`${runs.length} runs, about ${whole}:`, ...lines].join("\n");
}

/** One run's name, for people. */
export function nameOf({ attack, ratio, isTls, subject, setup }: RunSettings): string {
  const against = subject === "rempart" ? "rempart" : `${subject} (${setup})`;
  return `${attacks[attack].number} ${attack}, ratio ${ratio}, ${isTls ? "TLS" : "plain"}, against ${against}`;
}
