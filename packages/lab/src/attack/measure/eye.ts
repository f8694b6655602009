import { clock } from "../honest/schedule.ts";
import type { Subject } from "../subject/subject.ts";
import { cpuSecondsOf, machineCpuSeconds, residentBytesOf } from "./machine.ts";
import type { Look } from "./observation.ts";

/** How often it looks. Milliseconds. */
const lookMs = 100;

export interface EyeOptions {
  readonly subject: Subject;
  /** All processes of the generator. */
  readonly generatorPids: readonly number[];
  /** How many hostile connections are open, by the attackers' count. */
  readonly held: () => Promise<number>;
}

/** Looks at the subject and the generator ten times a second. */
export class Eye {
  readonly looks: Look[] = [];
  readonly #options: EyeOptions;
  readonly #watching: Promise<void>;
  #isOpen = true;
  #failure: unknown;

  constructor(options: EyeOptions) {
    this.#options = options;
    this.#watching = this.#watch().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#watching;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #watch(): Promise<void> {
    while (this.#isOpen && this.#options.subject.death() === undefined) {
      const from = clock();
      const look = await this.#look(from).catch((error: unknown) => this.#unlessDead(error));
      if (look === undefined) return;
      this.looks.push(look);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, lookMs - (clock() - from))));
    }
  }

  /** A process that has just ended cannot be looked at; anything else is a fault. */
  async #unlessDead(error: unknown): Promise<undefined> {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    if (this.#options.subject.death() === undefined) throw error;
  }

  async #look(at: number): Promise<Look> {
    const { subject, generatorPids, held } = this.#options;
    const { pids } = subject;
    const look = {
      at,
      subjectCpu: sum(pids.map(cpuSecondsOf)),
      generatorCpu: sum(generatorPids.map(cpuSecondsOf)),
      machineCpu: machineCpuSeconds(),
      residentBytes: sum(pids.map(residentBytesOf)),
      held: await held(),
    };
    try {
      const gate = await subject.sample?.();
      return gate === undefined ? look : { ...look, gate };
    } catch {
      // A server that cannot be asked just now is what the other figures show.
      return look;
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
