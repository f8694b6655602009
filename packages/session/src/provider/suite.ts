/** An MLS cipher suite in the shape that ts-mls takes, made of the platform's primitives. */
import type { CiphersuiteImpl, Hash, Kdf, PrivateKey, PublicKey, Rng, Signature } from "ts-mls";
import type { Hpke as MlsHpke } from "ts-mls/crypto/hpke.js";
import { sameSecret } from "../bytes.ts";
import type { SuiteName } from "../types.ts";
import { makeHkdf } from "./hkdf.ts";
import { type HpkeSuite, makeHpke, nonceBytes } from "./hpke.ts";
import { type Kem, makeX25519Kem, makeXWingKem } from "./kem.ts";
import type { HashName, Primitives } from "./primitives.ts";

type Random = (length: number) => Uint8Array;

export function makeSuite(name: SuiteName, primitives: Primitives, random: Random): CiphersuiteImpl {
  const suite = hpkeSuiteOf(name, primitives, random);
  return {
    name,
    hash: makeHash(primitives, suite.hash),
    kdf: makeHkdf(primitives, suite.hash) satisfies Kdf,
    signature: makeSignature(primitives, random),
    hpke: makeMlsHpke(primitives, suite, random),
    rng: { randomBytes: random } satisfies Rng,
  };
}

function hpkeSuiteOf(name: SuiteName, primitives: Primitives, random: Random): HpkeSuite {
  switch (name) {
    case "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519":
      return { kem: makeX25519Kem(primitives, random), hash: "sha256", keyBytes: 16 };
    case "MLS_256_XWING_AES256GCM_SHA512_Ed25519":
      return { kem: makeXWingKem(random), hash: "sha512", keyBytes: 32 };
  }
}

function makeHash(primitives: Primitives, hash: HashName): Hash {
  return {
    digest: async (data) => primitives.hash(hash, data),
    mac: async (key, data) => primitives.hmac(hash, key, data),
    verifyMac: async (key, mac, data) => sameSecret(mac, await primitives.hmac(hash, key, data)),
  };
}

function makeSignature(primitives: Primitives, random: Random): Signature {
  return {
    sign: async (seed, message) => primitives.ed25519Sign(seed, message),
    verify: (publicKey, message, signature) => verifySafely(primitives, publicKey, message, signature),
    async keygen() {
      const signKey = random(32);
      return { signKey, publicKey: await primitives.ed25519PublicKey(signKey) };
    },
  };
}

/** A malformed key or signature is a wrong one, not a failure of the program. */
export async function verifySafely(
  primitives: Primitives,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return await primitives.ed25519Verify(publicKey, message, signature);
  } catch {
    return false;
  }
}

// ts-mls types HPKE keys as WebCrypto keys and never looks inside them: ours are plain bytes.
const asPublic = (bytes: Uint8Array) => bytes as unknown as PublicKey;
const asPrivate = (bytes: Uint8Array) => bytes as unknown as PrivateKey;
const bytesOf = (key: PublicKey | PrivateKey) => key as unknown as Uint8Array;

function checkLength(kem: Kem, kind: "publicKeyBytes" | "privateKeyBytes", key: Uint8Array): Uint8Array {
  if (key.length !== kem[kind]) throw new RangeError(`an HPKE key has ${key.length} bytes instead of ${kem[kind]}`);
  return key;
}

function makeMlsHpke(primitives: Primitives, suite: HpkeSuite, random: Random): MlsHpke {
  const { kem, keyBytes } = suite;
  const hpke = makeHpke(primitives, suite);
  const none = new Uint8Array();
  const keyPairOf = async (ikm: Uint8Array) => {
    const { privateKey, publicKey } = await kem.deriveKeyPair(ikm);
    return { privateKey: asPrivate(privateKey), publicKey: asPublic(publicKey) };
  };
  return {
    keyLength: keyBytes,
    nonceLength: nonceBytes,
    async open(privateKey, kemOutput, ciphertext, info, aad = none) {
      return hpke.open({ privateKey: bytesOf(privateKey), kemOutput, ciphertext, info, aad });
    },
    async seal(publicKey, plaintext, info, aad = none) {
      const sealed = await hpke.seal({ publicKey: bytesOf(publicKey), plaintext, info, aad });
      return { ct: sealed.ciphertext, enc: sealed.kemOutput };
    },
    importPrivateKey: async (key) => asPrivate(checkLength(kem, "privateKeyBytes", key)),
    importPublicKey: async (key) => asPublic(checkLength(kem, "publicKeyBytes", key)),
    exportPublicKey: async (key) => bytesOf(key),
    exportPrivateKey: async (key) => bytesOf(key),
    encryptAead: async (key, nonce, aad, plaintext) => primitives.gcmSeal(key, nonce, aad ?? none, plaintext),
    decryptAead: async (key, nonce, aad, ciphertext) => primitives.gcmOpen(key, nonce, aad ?? none, ciphertext),
    async exportSecret(publicKey, context, length, info) {
      const exported = await hpke.exportAsSender({ publicKey: bytesOf(publicKey), info, context, length });
      return { enc: exported.kemOutput, secret: exported.secret };
    },
    importSecret: (privateKey, context, kemOutput, length, info) =>
      hpke.exportAsReceiver({ privateKey: bytesOf(privateKey), kemOutput, info, context, length }),
    deriveKeyPair: keyPairOf,
    generateKeyPair: () => keyPairOf(random(kem.privateKeyBytes)),
  };
}
