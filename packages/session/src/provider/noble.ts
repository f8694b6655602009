/** Primitives in pure TypeScript (@noble): the same on every platform, synchronous, no ambient state. */
import { gcm } from "@noble/ciphers/aes.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Primitives } from "./primitives.ts";

const hashes = { sha256, sha512 };

export const noblePrimitives = {
  hash: (name, data) => hashes[name](data),
  hmac: (name, key, data) => hmac(hashes[name], key, data),
  gcmSeal: (key, nonce, aad, plaintext) => gcm(key, nonce, aad).encrypt(plaintext),
  gcmOpen: (key, nonce, aad, ciphertext) => gcm(key, nonce, aad).decrypt(ciphertext),
  ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
  ed25519Sign: (seed, message) => ed25519.sign(message, seed),
  // Strict RFC 8032 rules, as OpenSSL and browsers have them: members must not disagree on a signature.
  ed25519Verify: (publicKey, message, signature) => ed25519.verify(signature, message, publicKey, { zip215: false }),
  x25519PublicKey: (privateKey) => x25519.getPublicKey(privateKey),
  x25519Shared: (privateKey, publicKey) => x25519.getSharedSecret(privateKey, publicKey),
} satisfies Primitives;
