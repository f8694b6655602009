/**
 * Counts by key, forgotten after one to two periods: two maps that change places, so that forgetting costs nothing
 * per key and no key needs a time of its own.
 */
export class Recent {
  readonly #keysMax: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /** `keysMax`: keys of one period; with more, the period ends early. */
  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  /** Counts one more and returns how many there were. */
  count(key: string): number {
    const before = this.#young.get(key) ?? this.#old.get(key) ?? 0;
    if (this.#young.size >= this.#keysMax && !this.#young.has(key)) this.turn();
    this.#young.set(key, before + 1);
    return before;
  }

  /** A period is over. */
  turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}
