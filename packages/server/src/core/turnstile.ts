/** Lets so many tasks run at once; the others wait their turn, first come, first served. */
export class Turnstile {
  readonly #runningMax: () => number;
  #running = 0;
  #waiting: (() => void)[] = [];

  /** The number may change; whoever runs already goes on. */
  constructor(runningMax: number | (() => number)) {
    this.#runningMax = typeof runningMax === "number" ? () => runningMax : runningMax;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#runningMax()) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#letIn();
    }
  }

  #letIn(): void {
    while (this.#running < this.#runningMax()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running += 1;
      next();
    }
  }
}
