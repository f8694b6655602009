/**
 * Proof of work for newcomers: SHA-256 over a prefix that names seed, effort, nonce and server, and a counter. Any one
 * solution is checked with two hashes. Effort is linear, and claimed inside what is hashed, as in Tor's proposal 327.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { encode, fixed, struct, text, u16 } from "../codec.ts";
import { limits } from "../limits.ts";
import { gateLimits } from "./limits.ts";
import type { Work } from "./proof.ts";

const prefixCodec = struct({ seed: fixed(16), effort: u16, nonce: fixed(16), host: text(limits.hostBytesMax) });
const label = new TextEncoder().encode("rempart work v1\n");

/** What a solution is for. The nonce is the solver's own, drawn at random: two solvers never meet in one replay set entry. */
export interface WorkTask {
  /** Of the gate, 16 bytes. */
  readonly seed: Uint8Array;
  /** 1 to `effortMax`. */
  readonly effort: number;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  /** The server's host as the solver knows it (`hostOf`): a solution is worth nothing to another server. */
  readonly host: string;
}

/** The 32 bytes in front of the counter: a solver hashes these and 8 more, one block of SHA-256 a try. */
export function workPrefix({ seed, effort, nonce, host }: WorkTask): Uint8Array {
  const fields = encode(prefixCodec, { seed, effort, nonce, host });
  return sha256.create().update(label).update(fields).digest();
}

/** The largest first six bytes of a hash (as an unsigned number) that solve a task of this effort. */
export function workBound(effort: number): number {
  return Math.floor(2 ** 48 / (effort * gateLimits.workUnitHashes));
}

/** Whether the SHA-256 of prefix and counter solves a task with this bound. */
export function isWorkHash(hash: Uint8Array, bound: number): boolean {
  const high = ((hash[0] ?? 0) << 16) | ((hash[1] ?? 0) << 8) | (hash[2] ?? 0);
  const low = ((hash[3] ?? 0) << 16) | ((hash[4] ?? 0) << 8) | (hash[5] ?? 0);
  return high * 2 ** 24 + low < bound;
}

/** Whether `work` is solved, for a server known by `host`. Says nothing of its seed, effort or replay. */
export function isSolved(work: Work, host: string, hash: (bytes: Uint8Array) => Uint8Array = sha256): boolean {
  if (work.effort < 1 || work.effort > gateLimits.effortMax) return false;
  const tried = new Uint8Array(40);
  tried.set(workPrefix({ ...work, host }));
  tried.set(work.solution, 32);
  return isWorkHash(hash(tried), workBound(work.effort));
}
