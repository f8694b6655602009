/** Builds the whole {@link CryptoProvider} from a platform's primitives. */
import type { CiphersuiteImpl } from "ts-mls";
import type { Entropy, SuiteName } from "../types.ts";
import { makeHkdf } from "./hkdf.ts";
import { makeHpke } from "./hpke.ts";
import { makeXWingKem } from "./kem.ts";
import type { Primitives } from "./primitives.ts";
import type { CryptoProvider, SealedBox } from "./provider.ts";
import { makeSuite, verifySafely } from "./suite.ts";

export function makeProvider(name: string, primitives: Primitives, entropy: Entropy): CryptoProvider {
  const random = (length: number) => entropy.randomBytes(length);
  const hkdf = makeHkdf(primitives, "sha256");
  const none = new Uint8Array();
  const suites = new Map<SuiteName, CiphersuiteImpl>();
  return {
    name,
    entropy,
    aead: {
      seal: async ({ key, nonce, plaintext, aad = none }) => primitives.gcmSeal(key, nonce, aad, plaintext),
      open: async ({ key, nonce, ciphertext, aad = none }) => primitives.gcmOpen(key, nonce, aad, ciphertext),
    },
    ed25519: {
      publicKey: async (seed) => primitives.ed25519PublicKey(seed),
      sign: async (seed, message) => primitives.ed25519Sign(seed, message),
      verify: (publicKey, message, signature) => verifySafely(primitives, publicKey, message, signature),
    },
    sealedBox: makeSealedBox(primitives, random),
    sha256: async (bytes) => primitives.hash("sha256", bytes),
    async hkdf({ secret, salt = none, info, length }) {
      return hkdf.expand(await hkdf.extract(salt, secret), info, length);
    },
    async suite(suiteName) {
      const known = suites.get(suiteName) ?? makeSuite(suiteName, primitives, random);
      suites.set(suiteName, known);
      return known;
    },
  };
}

function makeSealedBox(primitives: Primitives, random: (length: number) => Uint8Array): SealedBox {
  const kem = makeXWingKem(random);
  const hpke = makeHpke(primitives, { kem, hash: "sha512", keyBytes: 32 });
  const none = new Uint8Array();
  return {
    async keyPair(seed) {
      return { privateKey: seed.slice(), publicKey: await kem.publicKey(seed) };
    },
    seal: ({ publicKey, info, plaintext, aad = none }) => hpke.seal({ publicKey, info, plaintext, aad }),
    open: ({ privateKey, sealed, info, aad = none }) => hpke.open({ privateKey, info, aad, ...sealed }),
  };
}
