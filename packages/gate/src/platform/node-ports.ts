/** The gate's ports on Node. */
import { createCipheriv, createDecipheriv, hash, randomBytes } from "node:crypto";
import type { Clock, Crypto, Entropy } from "../ports.ts";

const cipher = "aes-256-gcm";
const tagBytes = 16;

export const nodeClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

export const nodeEntropy: Entropy = { bytes: (count) => new Uint8Array(randomBytes(count)) };

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
