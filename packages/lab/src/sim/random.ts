/**
 * The one source of chance in a simulation: sfc32, seeded by a text. Forks by label are independent of
 * each other, so that drawing more from one part of the world does not shift what another part draws.
 */
export class Random {
  readonly #label: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(label: string) {
    this.#label = label;
    this.#a = hashText(label, 0x811c9dc5);
    this.#b = hashText(label, 0x9e3779b9);
    this.#c = hashText(label, 0x85ebca6b);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** An independent stream: the same label of the same parent always gives the same one. */
  fork(label: string): Random {
    return new Random(`${this.#label}/${label}`);
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** An integer from 0 to `bound` − 1. */
  below(bound: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * bound);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.uint32() < p * 0x1_0000_0000;
  }

  /** One of the list; `undefined` when it is empty. */
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }

  /** One of the names, each as likely as its weight; weights of 0 are never drawn. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[];
    const total = names.reduce((sum, name) => sum + weights[name], 0);
    let drawn = this.below(total);
    for (const name of names) {
      drawn -= weights[name];
      if (drawn < 0) return name;
    }
    throw new RangeError("a weighted choice needs a positive weight");
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.uint32() >>> 24;
    return bytes;
  }
}

/** FNV-1a over the UTF-16 units, with the basis as a second seed. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
