/** The spent set on its disk: it takes its time, is full at times, and of a crash only what was written is left. */
import type { SpentSet } from "@rempart/gate";
import { toHex } from "@rempart/protocol";
import type { Random } from "../random.ts";
import type { Schedule } from "../schedule.ts";

/** `full`: nothing is written, and it says so. `lying`: it is written, and it says that it is not. */
export type DiskState = "well" | "full" | "lying";

interface Write {
  readonly key: string;
  readonly expiresAt: number;
}

/** What a group commit takes, in milliseconds. */
const writeMsMin = 2;
const writeMsMax = 20;

export class SpentDisk implements SpentSet {
  /** What a write takes longer than usual, in milliseconds. */
  slowMs = 0;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #ids = new Map<string, number>();
  readonly #writes = new Map<Write, () => void>();
  #state: DiskState = "well";
  /** When it was last not well. */
  #troubleAt = Number.NEGATIVE_INFINITY;

  constructor({ schedule, random }: { schedule: Schedule; random: Random }) {
    this.#schedule = schedule;
    this.#random = random;
  }

  get state(): DiskState {
    return this.#state;
  }

  set state(state: DiskState) {
    if (this.#state !== "well") this.#troubleAt = this.#schedule.now;
    this.#state = state;
  }

  /** Whether every write since then was kept and said to be. */
  wasWellSince(time: number): boolean {
    return this.#state === "well" && this.#troubleAt < time;
  }

  spend(id: Uint8Array, expiresAt: number): Promise<boolean> {
    const write = { key: toHex(id), expiresAt };
    const delayMs = this.#random.between(writeMsMin, writeMsMax) + this.slowMs;
    return new Promise((resolve, reject) => {
      const cancel = this.#schedule.after(delayMs, "spent set", () => {
        this.#writes.delete(write);
        const isFresh = !this.#ids.has(write.key);
        if (this.#state !== "full") this.#keep(write);
        if (this.#state === "well") resolve(isFresh);
        else reject(new Error("the disk is full"));
      });
      this.#writes.set(write, cancel);
    });
  }

  /** The process has died: of what was being written some is kept, and nobody hears of it. */
  crash(): void {
    for (const [write, cancel] of this.#writes) {
      cancel();
      if (this.#state !== "full" && this.#random.chance(0.5)) this.#keep(write);
    }
    this.#writes.clear();
  }

  /** Forgets what has expired, as the real one does now and then. */
  sweep(now: number): void {
    for (const [key, expiresAt] of this.#ids) if (expiresAt <= now) this.#ids.delete(key);
  }

  /** Loses everything: only a canary does that. */
  forgetAll(): void {
    this.#ids.clear();
  }

  #keep({ key, expiresAt }: Write): void {
    if (!this.#ids.has(key)) this.#ids.set(key, expiresAt);
  }
}
