import { createPublicKey, hash, randomBytes, verify } from "node:crypto";
import type { Clock, Crypto, Entropy } from "../ports.ts";

export const systemClock: Clock = { now: () => Date.now() };

export const systemEntropy: Entropy = { bytes: (count) => new Uint8Array(randomBytes(count)) };

/** DER in front of a raw Ed25519 public key: SubjectPublicKeyInfo, RFC 8410 §4. */
const ed25519Prefix = Buffer.from("302a300506032b6570032100", "hex");

export const systemCrypto: Crypto = {
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
  verify({ publicKey, message, signature }) {
    const der = Buffer.concat([ed25519Prefix, publicKey]);
    try {
      return verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
    } catch {
      // OpenSSL refuses to load bytes that are no point of the curve: nothing verifies under such a key.
      return false;
    }
  },
};
