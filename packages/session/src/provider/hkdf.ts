/** HKDF (RFC 5869) over the platform's HMAC. */
import { concat } from "../bytes.ts";
import type { HashName, Primitives } from "./primitives.ts";

const hashBytes: Record<HashName, number> = { sha256: 32, sha512: 64 };

export interface Hkdf {
  /** Bytes of one output block. */
  readonly size: number;
  extract(salt: Uint8Array, secret: Uint8Array): Promise<Uint8Array>;
  expand(key: Uint8Array, info: Uint8Array, length: number): Promise<Uint8Array>;
}

export function makeHkdf(primitives: Primitives, hash: HashName): Hkdf {
  const size = hashBytes[hash];
  return {
    size,
    async extract(salt, secret) {
      return primitives.hmac(hash, salt.length === 0 ? new Uint8Array(size) : salt, secret);
    },
    async expand(key, info, length) {
      if (length > 255 * size) throw new RangeError(`HKDF gives at most ${255 * size} bytes, not ${length}`);
      const output = new Uint8Array(length);
      let block: Uint8Array = new Uint8Array();
      for (let counter = 1, at = 0; at < length; counter++, at += size) {
        block = await primitives.hmac(hash, key, concat(block, info, Uint8Array.of(counter)));
        output.set(block.subarray(0, Math.min(size, length - at)), at);
      }
      return output;
    },
  };
}
