import { hash } from "node:crypto";
import { encode, gateLimits, isWorkHash, proofCodec, workBound, workPrefix } from "@rempart/protocol";
import type { Random } from "../../random.ts";

/** Hashes between two looks at the clock. */
const hashesPerLook = 2_000;

/** What a newcomer may solve. */
export interface Puzzle {
  readonly seed: Uint8Array;
  readonly effort: number;
}

/** Solves puzzles in slices of time, as attackers do who want more than one admission each. */
export class Solutions {
  readonly #host: string;
  readonly #random: Random;
  #puzzle: Puzzle | undefined;
  #prefix: Uint8Array = new Uint8Array(0);
  #nonce: Uint8Array = new Uint8Array(16);
  #counter = 0;
  readonly #ready: Uint8Array[] = [];
  solved = 0;

  constructor(host: string, random: Random) {
    this.#host = host;
    this.#random = random;
  }

  get puzzle(): Puzzle | undefined {
    return this.#puzzle;
  }

  /** Takes the puzzle that the subject asks for now; a solution under way is given up when it would not count. */
  hear(puzzle: Puzzle): void {
    const known = this.#puzzle;
    const isKnown = known !== undefined && Buffer.compare(known.seed, puzzle.seed) === 0;
    if (isKnown && known.effort >= puzzle.effort) return;
    this.#puzzle = puzzle;
    this.#begin(puzzle);
  }

  /** A solution that was not taken yet, as an encoded proof. */
  take(): Uint8Array | undefined {
    return this.#ready.shift();
  }

  /** Works for so long. */
  solve(forMs: number): void {
    const puzzle = this.#puzzle;
    if (puzzle === undefined) return;
    const endsAt = performance.now() + forMs;
    const bound = workBound(puzzle.effort);
    const tried = new Uint8Array(40);
    const counter = new DataView(tried.buffer, 32);
    tried.set(this.#prefix);
    while (performance.now() < endsAt) {
      for (let i = 0; i < hashesPerLook; i++) {
        this.#counter += 1;
        counter.setUint32(4, this.#counter);
        if (!isWorkHash(hash("sha256", tried, "buffer"), bound)) continue;
        this.#ready.push(workProof({ ...puzzle, nonce: this.#nonce, solution: tried.slice(32) }));
        this.solved += 1;
        this.#begin(puzzle);
        tried.set(this.#prefix);
      }
    }
  }

  #begin(puzzle: Puzzle): void {
    this.#nonce = this.#random.bytes(16);
    this.#prefix = workPrefix({ ...puzzle, nonce: this.#nonce, host: this.#host });
    this.#counter = 0;
  }
}

export function workProof(work: {
  readonly seed: Uint8Array;
  readonly effort: number;
  readonly nonce: Uint8Array;
  readonly solution: Uint8Array;
}): Uint8Array {
  const { seed, effort, nonce, solution } = work;
  return encode(proofCodec, { kind: "work", seed, effort: Math.min(effort, gateLimits.effortMax), nonce, solution });
}
