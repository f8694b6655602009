import type { Crypto } from "../ports.ts";

const hourMs = 3_600_000;
const keptMin = 0.02;

/**
 * Whom a lane sheds when it has too little for all: always the same ones for an hour, so that the others stay whole
 * rather than everyone being served now and then. Every proof has a rank, drawn by a hash of it and the hour.
 */
export class Shedding {
  /** Part of the ranks, from the lowest, that are let in. */
  #kept = 1;
  #taken = 0;
  #missed = 0;

  get kept(): number {
    return this.#kept;
  }

  isKept(rank: () => number): boolean {
    return this.#kept >= 1 || rank() < this.#kept;
  }

  countTaken(): void {
    this.#taken += 1;
  }

  /** Somebody of a rank that is kept found the lane empty. */
  countMissed(): void {
    this.#missed += 1;
  }

  /** Once a second: keeps as many ranks as there was room for; half as many again once there is room for all. */
  tick(): void {
    const part = this.#missed > 0 ? this.#taken / (this.#taken + this.#missed) : 1.5;
    this.#kept = Math.min(1, Math.max(keptMin, this.#kept * part));
    this.#taken = 0;
    this.#missed = 0;
  }
}

/** The rank of a proof in the hour of `now`, 0 to 1. */
export function rankOf(crypto: Crypto, { id, now }: { id: Uint8Array; now: number }): number {
  const bytes = new Uint8Array(id.length + 8);
  bytes.set(id);
  new DataView(bytes.buffer).setFloat64(id.length, Math.floor(now / hourMs));
  const hash = crypto.sha256(bytes);
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0) / 2 ** 32;
}
