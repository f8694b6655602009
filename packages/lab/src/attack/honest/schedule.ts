import type { Random } from "../../random.ts";

/** Calls `due` so many times a second on average, at drawn moments, until told to stop; each call hears when it was due. */
export class Schedule {
  readonly #intervalMs: number;
  readonly #random: Random;
  readonly #due: (at: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #nextAt = 0;

  constructor(perSecond: number, random: Random, due: (at: number) => void) {
    this.#intervalMs = 1_000 / perSecond;
    this.#random = random;
    this.#due = due;
  }

  start(now: number): void {
    this.#nextAt = now + this.#gap();
    this.#wait(now);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** An open loop: however late this process is, nothing that was due is left out, and none waits for the one before. */
  #wait(now: number): void {
    this.#timer = setTimeout(
      () => {
        const present = clock();
        while (this.#nextAt <= present) {
          this.#due(this.#nextAt);
          this.#nextAt += this.#gap();
        }
        this.#wait(present);
      },
      Math.max(0, this.#nextAt - now),
    );
  }

  #gap(): number {
    return this.#intervalMs * (0.5 + this.#random.between(0, 1_000) / 1_000);
  }
}

/** Milliseconds since the Unix epoch, in fractions, and the same in every process of the generator. */
export function clock(): number {
  return performance.timeOrigin + performance.now();
}
