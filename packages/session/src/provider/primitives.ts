/**
 * The few primitives that differ between platforms. Everything above them (HKDF, HPKE, the MLS suites)
 * is written once in this folder, so that three providers cannot drift apart.
 */
import type { MaybePromise } from "./maybe-promise.ts";

export type HashName = "sha256" | "sha512";

export interface Primitives {
  hash(name: HashName, data: Uint8Array): MaybePromise<Uint8Array>;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): MaybePromise<Uint8Array>;
  /** AES-GCM; the length of `key` (16 or 32 bytes) selects the variant. The tag ends the ciphertext. */
  gcmSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): MaybePromise<Uint8Array>;
  gcmOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): MaybePromise<Uint8Array>;
  ed25519PublicKey(seed: Uint8Array): MaybePromise<Uint8Array>;
  ed25519Sign(seed: Uint8Array, message: Uint8Array): MaybePromise<Uint8Array>;
  /** May throw on malformed keys; the caller reads that as false. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): MaybePromise<boolean>;
  x25519PublicKey(privateKey: Uint8Array): MaybePromise<Uint8Array>;
  /** Throws when the shared secret is all zero (RFC 7748 §6.1). */
  x25519Shared(privateKey: Uint8Array, publicKey: Uint8Array): MaybePromise<Uint8Array>;
}
