/** How many tasks may run at once, and how many may begin in one slice of time; both may change at any time. */
export interface Pace {
  readonly runningMax: number;
  readonly startsMax: number;
}

/** Calls back when a slice of time is over: late where the event loop is late, so that less is begun then. */
export type Later = (sliceIsOver: () => void) => void;

/** Lets so many tasks run; the others wait their turn, first come, first served. */
export class Turnstile {
  readonly #pace: () => Pace;
  readonly #later: Later | undefined;
  #running = 0;
  #started = 0;
  #waiting: (() => void)[] = [];

  /** A number is how many may run at once, however many begin. A slice begins with the first task in it. */
  constructor(pace: number | (() => Pace), later?: Later) {
    this.#pace = typeof pace === "number" ? () => ({ runningMax: pace, startsMax: Number.POSITIVE_INFINITY }) : pace;
    this.#later = later;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isOpen()) this.#begin();
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.letIn();
    }
  }

  /** As many of those who wait as the pace allows now: call it when it has changed. */
  letIn(): void {
    while (this.#waiting.length > 0 && this.#isOpen()) {
      this.#begin();
      this.#waiting.shift()?.();
    }
  }

  #isOpen(): boolean {
    const { runningMax, startsMax } = this.#pace();
    return this.#running < runningMax && this.#started < startsMax;
  }

  #begin(): void {
    this.#running += 1;
    this.#started += 1;
    if (this.#started === 1) this.#later?.(this.#sliceIsOver);
  }

  readonly #sliceIsOver = (): void => {
    this.#started = 0;
    this.letIn();
  };
}
