/** Immediates that a turn of the loop has at most: more do not fit into its time. */
const perTurnMax = 16;

/**
 * Keeps many who come at once from holding up everybody else. What is to be done for one of them is done at once or, when
 * this turn of the event loop has had its time for them, in a later turn, in the order in which they came.
 */
export class Pace {
  readonly #turnMs: number;
  readonly #waiting: (() => void)[] = [];
  /** When this turn began, as far as it concerns us. */
  #turnBeganAt: number | undefined;
  #isScheduled = false;

  /** `turnMs`: what a turn may take, in milliseconds. One piece of work always gets done. */
  constructor(turnMs: number) {
    this.#turnMs = turnMs;
  }

  /** How many wait for a later turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  do(work: () => void): void {
    if (this.#waiting.length === 0 && this.#hasTime()) {
      work();
      return;
    }
    this.#waiting.push(work);
    this.#schedule();
  }

  /** Also counts what came of the work before in ticks and microtasks: that has been done by now. */
  #hasTime(): boolean {
    const now = performance.now();
    if (this.#turnBeganAt === undefined) {
      this.#turnBeganAt = now;
      setImmediate(() => {
        this.#turnBeganAt = undefined;
      });
    }
    return now - this.#turnBeganAt <= this.#turnMs;
  }

  /** Each has an immediate of its own, so that its ticks and microtasks are done before the next one looks at the time. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    let beganAt: number | undefined;
    const next = () => {
      beganAt ??= performance.now();
      if (performance.now() - beganAt <= this.#turnMs) this.#waiting.shift()?.();
    };
    for (let i = 0; i < perTurnMax; i++) setImmediate(next);
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
