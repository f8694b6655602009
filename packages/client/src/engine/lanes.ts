/** One thing at a time per log: whoever reads a group, computes, and writes it back holds its lane. */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` once all work that was given to this lane before has ended, however it ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const tail: Promise<void> = result.then(
      () => this.#end(key, tail),
      // The caller hears of the failure through `result`; the next in the lane does not care.
      () => this.#end(key, tail),
    );
    this.#tails.set(key, tail);
    return result;
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }

  #end(key: string, tail: Promise<void>): void {
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
  }
}
