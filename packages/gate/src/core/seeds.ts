import { gateLimits, sameBytes } from "@rempart/protocol";
import type { Crypto } from "../ports.ts";
import { deriveKey } from "./keys.ts";

const seedBytes = 16;

/** The seeds of work: a new one every `seedMs`, known from the secret and the time, so that issuing costs nothing. */
export class Seeds {
  readonly #crypto: Crypto;
  readonly #secret: Uint8Array;
  readonly #known = new Map<number, Uint8Array>();

  constructor({ crypto, secret }: { crypto: Crypto; secret: Uint8Array }) {
    this.#crypto = crypto;
    this.#secret = secret;
  }

  /** The seed to hand out now, 16 bytes, and how long solutions of it are taken. */
  current(now: number): { readonly seed: Uint8Array; readonly validMs: number } {
    const period = Math.floor(now / gateLimits.seedMs);
    return { seed: this.#seed(period), validMs: (period + 2) * gateLimits.seedMs - now };
  }

  /** When a seed ends to be good (milliseconds since the Unix epoch), or nothing when it is not good now. */
  endOf(seed: Uint8Array, now: number): number | undefined {
    const period = Math.floor(now / gateLimits.seedMs);
    for (const each of [period, period - 1]) {
      if (sameBytes(this.#seed(each), seed)) return (each + 2) * gateLimits.seedMs;
    }
    return undefined;
  }

  #seed(period: number): Uint8Array {
    const known = this.#known.get(period);
    if (known !== undefined) return known;
    const key = deriveKey(this.#crypto, this.#secret, { use: "work seed", index: period });
    const seed = key.slice(0, seedBytes);
    if (this.#known.size >= 8) this.#known.clear();
    this.#known.set(period, seed);
    return seed;
  }
}
