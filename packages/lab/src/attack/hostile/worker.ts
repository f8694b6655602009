/** The attackers' process: gets ready, attacks for as long as it is told, and keeps its own books. */
import { Random } from "../../random.ts";
import type { AttackName } from "../attacks.ts";
import { answerQuestions, yieldToOthers } from "../helper.ts";
import type { Target } from "../target.ts";
import { assaultOf } from "./assaults.ts";
import { type DialectName, dialectOf } from "./dialects.ts";
import { Field, type Supplies } from "./field.ts";
import { Pace, paceMs } from "./pace.ts";
import { newTally, type Tally } from "./tally.ts";

export interface HostileSettings {
  readonly attack: AttackName;
  readonly target: Target;
  readonly dialect: DialectName;
  readonly supplies: Supplies;
  readonly seed: number;
}

export interface HostileQuestions {
  prepare(): void;
  /** Begins; ends by itself after so many seconds, whether or not anybody says so. */
  attack(order: { readonly perSecond: number; readonly seconds: number }): void;
  tally(): Tally;
  stop(): Tally;
}

const tendMs = 100;

answerQuestions(({ attack, target, dialect, supplies, seed }: HostileSettings) => {
  const tally = newTally();
  const random = new Random(seed);
  const field = new Field({ target, tally, random, supplies, dialect: dialectOf(dialect, target, supplies) });
  const assault = assaultOf(attack, field);
  const timers: NodeJS.Timeout[] = [];
  const stop = (): Tally => {
    for (const timer of timers.splice(0)) clearTimeout(timer);
    assault.stop();
    return tally;
  };
  yieldToOthers();
  return {
    async prepare() {
      await assault.prepare?.();
      // What it took to get ready is no part of the attack.
      const { held } = tally;
      Object.assign(tally, newTally(), { held, heldMax: held });
    },
    attack({ perSecond, seconds }: { perSecond: number; seconds: number }) {
      const pace = new Pace(perSecond, performance.now());
      const turn = () => {
        const due = pace.due(performance.now());
        for (let i = 0; i < due; i++) assault.attempt();
        tally.attempts += due;
        tally.missed = pace.missed;
      };
      timers.push(
        setInterval(turn, paceMs),
        setInterval(() => assault.tend?.(), tendMs),
      );
      timers.push(setTimeout(stop, 1_000 * seconds + 500));
    },
    tally: () => tally,
    stop,
  };
});
