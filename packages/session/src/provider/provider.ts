/**
 * The port through which every cryptographic operation of the session package goes.
 *
 * Three implementations keep the same promises and give the same bytes for the same inputs:
 * `node.ts` (synchronous `node:crypto`), `web.ts` (WebCrypto, @noble for what it lacks and for short hashes) and
 * `deterministic.ts` (pure; for the simulator). Randomness and time come from {@link Entropy} and
 * from nowhere else: no implementation may draw a random byte or read a clock by itself.
 */
import type { CiphersuiteImpl } from "ts-mls";
import type { Entropy, SuiteName } from "../types.ts";

/** AES-256-GCM (RFC 5116): 32-byte key, 12-byte nonce, 16-byte tag at the end of the ciphertext. */
export interface Aead {
  seal(input: AeadSealInput): Promise<Uint8Array>;
  /** Rejects with any `Error` when the ciphertext, key, nonce or `aad` is not what was sealed. */
  open(input: AeadOpenInput): Promise<Uint8Array>;
}

export interface AeadSealInput {
  readonly key: Uint8Array;
  /** 12 bytes, never used twice with the same key. */
  readonly nonce: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly aad?: Uint8Array;
}

export interface AeadOpenInput {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly aad?: Uint8Array;
}

/** Ed25519 (RFC 8032); a private key is its 32-byte seed. */
export interface Ed25519 {
  publicKey(seed: Uint8Array): Promise<Uint8Array>;
  sign(seed: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
  /** False for every malformed key or signature: never throws. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** What HPKE sealing to a public key yields: the two travel together. */
export interface HpkeSealed {
  /** `enc` of RFC 9180: 1,120 bytes for X-Wing. */
  readonly kemOutput: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** HPKE base mode (RFC 9180) with X-Wing, HKDF-SHA512 and AES-256-GCM: for sealing to an account. */
export interface SealedBox {
  /** The key pair of a 32-byte seed: public 1,216 bytes; private 32 bytes. */
  keyPair(seed: Uint8Array): Promise<{ readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }>;
  seal(input: {
    readonly publicKey: Uint8Array;
    readonly info: Uint8Array;
    readonly plaintext: Uint8Array;
    readonly aad?: Uint8Array;
  }): Promise<HpkeSealed>;
  /** Rejects with any `Error` when the box was not sealed to this key with this `info` and `aad`. */
  open(input: {
    readonly privateKey: Uint8Array;
    readonly sealed: HpkeSealed;
    readonly info: Uint8Array;
    readonly aad?: Uint8Array;
  }): Promise<Uint8Array>;
}

export interface HkdfInput {
  readonly secret: Uint8Array;
  /** Empty when absent. */
  readonly salt?: Uint8Array;
  readonly info: Uint8Array;
  /** Bytes wanted, at most 8,160. */
  readonly length: number;
}

export interface CryptoProvider {
  /** `node`, `web` or `deterministic`. */
  readonly name: string;
  readonly entropy: Entropy;
  readonly aead: Aead;
  readonly ed25519: Ed25519;
  readonly sealedBox: SealedBox;
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** HKDF-SHA256, extract and expand (RFC 5869). */
  hkdf(input: HkdfInput): Promise<Uint8Array>;
  /** The primitives of one MLS cipher suite, in the shape that ts-mls takes. */
  suite(name: SuiteName): Promise<CiphersuiteImpl>;
}
