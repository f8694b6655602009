import { RecencyMap } from "./recency-map.ts";

interface Share {
  count: number;
  at: number;
}

/** How much each key was served of late: every service fades to about a third in `fadeMs`. For so many keys at most. */
export class Served {
  readonly #shares: RecencyMap<string, Share>;
  readonly #fadeMs: number;
  readonly #total: Share = { count: 0, at: 0 };

  constructor({ keysMax, fadeMs }: { keysMax: number; fadeMs: number }) {
    this.#shares = new RecencyMap(keysMax);
    this.#fadeMs = fadeMs;
  }

  /** Keys that were served of late. */
  get size(): number {
    return this.#shares.size;
  }

  of(key: string, elapsed: number): number {
    const share = this.#shares.peek(key);
    return share === undefined ? 0 : this.#faded(share, elapsed);
  }

  /** What all keys together were served, those included that were forgotten to make room. */
  total(elapsed: number): number {
    return this.#faded(this.#total, elapsed);
  }

  add(key: string, elapsed: number): void {
    const share = this.#shares.peek(key) ?? { count: 0, at: elapsed };
    this.#increase(share, elapsed);
    this.#increase(this.#total, elapsed);
    this.#shares.set(key, share);
    this.#forgetFaded(elapsed);
  }

  #increase(share: Share, elapsed: number): void {
    share.count = this.#faded(share, elapsed) + 1;
    share.at = elapsed;
  }

  #faded({ count, at }: Share, elapsed: number): number {
    return count * Math.exp((at - elapsed) / this.#fadeMs);
  }

  /** One came, so at most two may go: the table shrinks to those of late without ever being walked through. */
  #forgetFaded(elapsed: number): void {
    let left = 2;
    for (const [key, { at }] of this.#shares.entries()) {
      if (left === 0 || elapsed - at < 3 * this.#fadeMs) return;
      this.#shares.delete(key);
      left -= 1;
    }
  }
}
