/**
 * The server's disk: one store that outlives the processes in front of it. Each process gets a handle
 * that is slow, fails, and dies with its process. What an operation did and what its process heard of it
 * part ways exactly where they would on a real disk: before the change, or between change and answer.
 */
import { ProtocolError } from "@rempart/protocol";
import type { AnswerOf, AskOf, Store, StoreOperationName } from "@rempart/server";
import type { CommitFault } from "./disk.ts";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";

/** Hears of every operation that took effect, with its answer. */
export type StoreWitness = <N extends StoreOperationName>(name: N, ask: AskOf<N>, answer: AnswerOf<N>) => void;

export interface ServerDiskOptions {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly store: Store;
  readonly witness: StoreWitness;
  /** Stands between the processes and the store: how a canary spoils it. */
  readonly spoil?: <N extends StoreOperationName>(name: N, answer: AnswerOf<N>) => AnswerOf<N>;
}

export class ServerDisk {
  readonly options: ServerDiskOptions;
  /** Chance that an operation fails. */
  faultChance = 0;

  constructor(options: ServerDiskOptions) {
    this.options = options;
  }

  /** The store as a new server process sees it. */
  open(): ServerDiskHandle {
    return new ServerDiskHandle(this);
  }
}

const delayMsMax = 8;

/** The store port of one server process. */
export class ServerDiskHandle implements Store {
  readonly #disk: ServerDisk;
  #isDead = false;
  #lastApplied = 0;
  #waiting = 0;

  constructor(disk: ServerDisk) {
    this.#disk = disk;
  }

  /** Operations submitted and not answered. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The process is gone: what was not applied is lost, and nothing is answered any more. */
  kill(): void {
    this.#isDead = true;
  }

  submit<N extends StoreOperationName>(name: N, ask: AskOf<N>): Promise<AnswerOf<N>> {
    const { schedule, random } = this.#disk.options;
    const fault = this.#drawFault();
    this.#waiting++;
    // Half a millisecond apart at least: answers keep the order of submission.
    this.#lastApplied = Math.max(this.#lastApplied + 0.5, schedule.now + random.below(delayMsMax));
    const applyDelay = this.#lastApplied - schedule.now;
    return new Promise((resolve, reject) => {
      const answered = (finish: () => void) =>
        schedule.after(0.4, `answer ${name}`, () => {
          if (this.#isDead) return;
          this.#waiting--;
          finish();
        });
      schedule.after(applyDelay, `store ${name}`, () => {
        if (this.#isDead) return;
        const failure = new ProtocolError("ERR_STORAGE", "the simulated disk failed");
        if (fault === "failAndNotPersist") {
          answered(() => reject(failure));
          return;
        }
        this.#apply(name, ask).then(
          (answer) => answered(() => (fault === undefined ? resolve(answer) : reject(failure))),
          (error: unknown) => answered(() => reject(error)),
        );
      });
    });
  }

  async close(): Promise<void> {
    this.kill();
  }

  async #apply<N extends StoreOperationName>(name: N, ask: AskOf<N>): Promise<AnswerOf<N>> {
    const { store, witness, spoil } = this.#disk.options;
    const answer = await store.submit(name, ask);
    witness(name, ask, answer);
    return spoil === undefined ? answer : spoil(name, answer);
  }

  #drawFault(): CommitFault | undefined {
    const { random } = this.#disk.options;
    if (this.#disk.faultChance === 0 || !random.chance(this.#disk.faultChance)) return undefined;
    return random.chance(0.5) ? "failAndNotPersist" : "failButPersist";
  }
}
