/**
 * Key encapsulation for HPKE: DHKEM(X25519, HKDF-SHA256) of RFC 9180 §4.1 and X-Wing
 * (draft-connolly-cfrg-xwing-kem). Ephemeral randomness is the caller's, so that a seeded run repeats.
 */
import { shake256 } from "@noble/hashes/sha3.js";
import { ml_kem768_x25519 as xWing } from "@noble/post-quantum/hybrid.js";
import { ascii, concat } from "../bytes.ts";
import { type Hkdf, makeHkdf } from "./hkdf.ts";
import type { Primitives } from "./primitives.ts";

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export interface Kem {
  /** KEM identifier of RFC 9180 §7.1. */
  readonly id: number;
  readonly publicKeyBytes: number;
  readonly privateKeyBytes: number;
  deriveKeyPair(ikm: Uint8Array): Promise<KeyPair>;
  publicKey(privateKey: Uint8Array): Promise<Uint8Array>;
  encapsulate(publicKey: Uint8Array): Promise<{ readonly kemOutput: Uint8Array; readonly shared: Uint8Array }>;
  decapsulate(privateKey: Uint8Array, kemOutput: Uint8Array): Promise<Uint8Array>;
}

type Random = (length: number) => Uint8Array;

/** `LabeledExtract` of RFC 9180 §4 for the given suite id. */
export function labeledExtract(hkdf: Hkdf, suiteId: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array) {
  return hkdf.extract(salt, concat(ascii("HPKE-v1"), suiteId, ascii(label), ikm));
}

export interface LabeledExpandInput {
  readonly key: Uint8Array;
  readonly label: string;
  readonly info: Uint8Array;
  readonly length: number;
}

/** `LabeledExpand` of RFC 9180 §4 for the given suite id. */
export function labeledExpand(hkdf: Hkdf, suiteId: Uint8Array, input: LabeledExpandInput): Promise<Uint8Array> {
  const { key, label, info, length } = input;
  const prefix = Uint8Array.of(length >> 8, length & 0xff);
  return hkdf.expand(key, concat(prefix, ascii("HPKE-v1"), suiteId, ascii(label), info), length);
}

const x25519Id = 0x0020;

export function makeX25519Kem(primitives: Primitives, random: Random): Kem {
  const hkdf = makeHkdf(primitives, "sha256");
  const suiteId = concat(ascii("KEM"), Uint8Array.of(x25519Id >> 8, x25519Id & 0xff));
  const none = new Uint8Array();

  async function sharedSecret(dh: Uint8Array, kemOutput: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array> {
    const key = await labeledExtract(hkdf, suiteId, none, "eae_prk", dh);
    const info = concat(kemOutput, publicKey);
    return labeledExpand(hkdf, suiteId, { key, label: "shared_secret", info, length: 32 });
  }

  async function deriveKeyPair(ikm: Uint8Array): Promise<KeyPair> {
    const key = await labeledExtract(hkdf, suiteId, none, "dkp_prk", ikm);
    const privateKey = await labeledExpand(hkdf, suiteId, { key, label: "sk", info: none, length: 32 });
    return { privateKey, publicKey: await primitives.x25519PublicKey(privateKey) };
  }

  return {
    id: x25519Id,
    publicKeyBytes: 32,
    privateKeyBytes: 32,
    deriveKeyPair,
    publicKey: async (privateKey) => primitives.x25519PublicKey(privateKey),
    async encapsulate(publicKey) {
      const ephemeral = await deriveKeyPair(random(32));
      const dh = await primitives.x25519Shared(ephemeral.privateKey, publicKey);
      return { kemOutput: ephemeral.publicKey, shared: await sharedSecret(dh, ephemeral.publicKey, publicKey) };
    },
    async decapsulate(privateKey, kemOutput) {
      const dh = await primitives.x25519Shared(privateKey, kemOutput);
      return sharedSecret(dh, kemOutput, await primitives.x25519PublicKey(privateKey));
    },
  };
}

export function makeXWingKem(random: Random): Kem {
  return {
    id: 0x647a,
    publicKeyBytes: 1216,
    privateKeyBytes: 32,
    async deriveKeyPair(ikm) {
      const privateKey = shake256(ikm, { dkLen: 32 });
      return { privateKey, publicKey: xWing.getPublicKey(privateKey) };
    },
    publicKey: async (privateKey) => xWing.getPublicKey(privateKey),
    async encapsulate(publicKey) {
      const { cipherText, sharedSecret } = xWing.encapsulate(publicKey, random(64));
      return { kemOutput: cipherText, shared: sharedSecret };
    },
    decapsulate: async (privateKey, kemOutput) => xWing.decapsulate(kemOutput, privateKey),
  };
}
