/** How many tasks may run at once, and how many may begin between two refills; both may change at any time. */
export interface Pace {
  readonly runningMax: number;
  readonly startsMax: number;
}

/** Lets so many tasks run; the others wait their turn, first come, first served. */
export class Turnstile {
  readonly #pace: () => Pace;
  #running = 0;
  #started = 0;
  #waiting: (() => void)[] = [];

  /** A number is how many may run at once, however many begin. */
  constructor(pace: number | (() => Pace)) {
    this.#pace = typeof pace === "number" ? () => ({ runningMax: pace, startsMax: Number.POSITIVE_INFINITY }) : pace;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isOpen()) this.#begin();
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#letIn();
    }
  }

  /** As many as the pace says may begin anew. */
  refill(): void {
    this.#started = 0;
    this.#letIn();
  }

  #isOpen(): boolean {
    const { runningMax, startsMax } = this.#pace();
    return this.#running < runningMax && this.#started < startsMax;
  }

  #begin(): void {
    this.#running += 1;
    this.#started += 1;
  }

  #letIn(): void {
    while (this.#waiting.length > 0 && this.#isOpen()) {
      this.#begin();
      this.#waiting.shift()?.();
    }
  }
}
