/**
 * The provider for the simulator: pure functions and a seeded stream of bytes. The same seed gives the
 * same bytes, and operations complete in the order in which they were started (WebCrypto's do not). @noble
 * blinds its scalar multiplications with ambient randomness; that changes no result.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, concat } from "../bytes.ts";
import type { Entropy } from "../types.ts";
import { makeProvider } from "./make-provider.ts";
import { noblePrimitives } from "./noble.ts";
import type { CryptoProvider } from "./provider.ts";

/** SHA-256 in counter mode over `seed`. For simulations only: it is as secret as the seed. */
export function seededEntropy(seed: string, now: () => number): Entropy {
  const key = sha256(concat(ascii("rempart seeded entropy v1\n"), ascii(seed)));
  const input = new Uint8Array(40);
  input.set(key);
  const counter = new DataView(input.buffer);
  let blocks = 0;
  let pool: Uint8Array = new Uint8Array();
  return {
    now,
    randomBytes(length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        if (pool.length === 0) {
          counter.setBigUint64(32, BigInt(blocks++));
          pool = sha256(input);
        }
        const taken = pool.subarray(0, length - at);
        bytes.set(taken, at);
        at += taken.length;
        pool = pool.subarray(taken.length);
      }
      return bytes;
    },
  };
}

export function deterministicProvider(entropy: Entropy): CryptoProvider {
  return makeProvider("deterministic", noblePrimitives, entropy);
}
