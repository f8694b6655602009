/** One to four attacks at a time, at so many attempts a second. */
import { type AttackName, attackNames } from "../../attack/attacks.ts";
import type { Random } from "../random.ts";
import { assaults } from "./assaults.ts";
import { Camp } from "./camp.ts";
import type { Scene } from "./scene.ts";

const attacksMax = 4;
/** How often those of one attack come: rarely enough to be cheap, often enough to be felt as a stream. */
const waveMs = 50;
const pulseMs = 5_000;
const tokensPerCamp = 4;

interface Attack {
  readonly name: AttackName;
  readonly camp: Camp;
  /** Attempts that are due and not made: what is left of a fraction. */
  due: number;
}

export class Horde {
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #perSecond: number;
  readonly #attacks: Attack[] = [];
  readonly #attacksMax: number;
  #camps = 0;
  #attempts = 0;

  constructor(scene: Scene, { perSecond }: { perSecond: number }) {
    this.#scene = scene;
    this.#random = scene.random.fork("horde");
    this.#perSecond = perSecond;
    this.#attacksMax = this.#random.between(1, attacksMax);
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** Adds an attack; when there are enough, the first one ends. */
  begin(name: AttackName = this.#random.pick(attackNames) ?? "silent"): void {
    if (this.#attacks.length >= this.#attacksMax) this.#attacks.shift()?.camp.abandon();
    const random = this.#random.fork(`${name} ${this.#camps++}`);
    const attack = { name, camp: new Camp(this.#scene, { random, tokens: tokensPerCamp }), due: 0 };
    this.#attacks.push(attack);
    this.#next(attack);
  }

  /** Everything stops; what is half done stays so. */
  end(): void {
    for (const { camp } of this.#attacks.splice(0)) camp.abandon();
  }

  #next(attack: Attack): void {
    const everyMs = attack.name === "pulses" ? pulseMs : waveMs;
    attack.camp.after(everyMs, () => {
      attack.due += ((this.#perSecond / this.#attacks.length) * everyMs) / 1_000;
      for (; attack.due >= 1; attack.due--) {
        this.#attempts += 1;
        assaults[attack.name](attack.camp);
      }
      this.#next(attack);
    });
  }
}
