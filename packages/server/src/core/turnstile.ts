/** Lets so many tasks run at once; the others wait their turn, first come, first served. */
export class Turnstile {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(runningMax: number) {
    this.#free = runningMax;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
