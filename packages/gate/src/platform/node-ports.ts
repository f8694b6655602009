/** The gate's ports on Node. */
import { createCipheriv, createDecipheriv, hash, randomBytes } from "node:crypto";
import type { Clock, Crypto, Entropy } from "../ports.ts";

const cipher = "aes-256-gcm";
const tagBytes = 16;

export const nodeClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

/** Drawn at once: a draw costs 4 µs, however little it is for, and every refusal takes four bytes. */
const poolBytes = 1_024;
let pool: Buffer = Buffer.alloc(0);

export const nodeEntropy: Entropy = {
  bytes(count) {
    if (count > poolBytes) return new Uint8Array(randomBytes(count));
    if (count > pool.length) pool = randomBytes(poolBytes);
    const drawn = new Uint8Array(pool.subarray(0, count));
    // What was handed out is in nobody else's hands.
    pool.fill(0, 0, count);
    pool = pool.subarray(count);
    return drawn;
  },
};

export const nodeCrypto: Crypto = {
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
  seal(key, nonce, plain) {
    const sealer = createCipheriv(cipher, key, nonce);
    return Buffer.concat([sealer.update(plain), sealer.final(), sealer.getAuthTag()]);
  },
  open(key, nonce, sealed) {
    if (sealed.length < tagBytes) return undefined;
    const opener = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
    opener.setAuthTag(sealed.subarray(-tagBytes));
    const plain = opener.update(sealed.subarray(0, -tagBytes));
    try {
      opener.final();
    } catch {
      // The tag does not fit: somebody else's, or nobody's.
      return undefined;
    }
    return plain;
  },
};
