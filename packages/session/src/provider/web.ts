/**
 * The provider for browsers: WebCrypto for hashes, MACs, AES-GCM and, where the browser has them,
 * Ed25519 and X25519; @noble for the rest. Safe contexts only: WebCrypto is absent on plain HTTP.
 */
import type { Entropy } from "../types.ts";
import { makeProvider } from "./make-provider.ts";
import { noblePrimitives } from "./noble.ts";
import type { HashName, Primitives } from "./primitives.ts";
import type { CryptoProvider } from "./provider.ts";

const hashes: Record<HashName, string> = { sha256: "SHA-256", sha512: "SHA-512" };

/** WebCrypto takes no views on shared memory; bytes that are not on such memory pass as they are. */
function source(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

function gcmParams(nonce: Uint8Array, aad: Uint8Array): AesGcmParams {
  return { name: "AES-GCM", iv: source(nonce), additionalData: source(aad) };
}

/**
 * Up to this many bytes are hashed on the spot. WebCrypto hashes in another thread, and for a few blocks the way there
 * and back takes longer than the work, many times so on a busy machine: a message takes some twenty of them.
 */
const hashedHereBytesMax = 512;

function makePrimitives(subtle: SubtleCrypto, hasEd25519: boolean): Primitives {
  const aesKey = (key: Uint8Array, use: "encrypt" | "decrypt") =>
    subtle.importKey("raw", source(key), "AES-GCM", false, [use]);
  return {
    ...noblePrimitives,
    async hash(name, data) {
      if (data.length <= hashedHereBytesMax) return noblePrimitives.hash(name, data);
      return new Uint8Array(await subtle.digest(hashes[name], source(data)));
    },
    async hmac(name, key, data) {
      // WebCrypto refuses an empty HMAC key, for which RFC 2104 has a meaning.
      if (key.length === 0 || data.length <= hashedHereBytesMax) return noblePrimitives.hmac(name, key, data);
      const imported = await subtle.importKey("raw", source(key), { name: "HMAC", hash: hashes[name] }, false, [
        "sign",
      ]);
      return new Uint8Array(await subtle.sign("HMAC", imported, source(data)));
    },
    async gcmSeal(key, nonce, aad, plaintext) {
      return new Uint8Array(
        await subtle.encrypt(gcmParams(nonce, aad), await aesKey(key, "encrypt"), source(plaintext)),
      );
    },
    async gcmOpen(key, nonce, aad, ciphertext) {
      return new Uint8Array(
        await subtle.decrypt(gcmParams(nonce, aad), await aesKey(key, "decrypt"), source(ciphertext)),
      );
    },
    async ed25519Verify(publicKey, message, signature) {
      if (!hasEd25519) return noblePrimitives.ed25519Verify(publicKey, message, signature);
      const key = await subtle.importKey("raw", source(publicKey), "Ed25519", false, ["verify"]);
      return subtle.verify("Ed25519", key, source(signature), source(message));
    },
  };
}

async function knowsEd25519(subtle: SubtleCrypto): Promise<boolean> {
  const generator = noblePrimitives.ed25519PublicKey(new Uint8Array(32));
  try {
    await subtle.importKey("raw", source(generator), "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/** The browser's randomness and clock. */
export const webEntropy: Entropy = {
  randomBytes(length) {
    const bytes = new Uint8Array(length);
    // One call of getRandomValues gives at most 65,536 bytes.
    for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    return bytes;
  },
  now: () => Date.now(),
};

export async function webProvider(entropy: Entropy = webEntropy): Promise<CryptoProvider> {
  const { subtle } = globalThis.crypto;
  return makeProvider("web", makePrimitives(subtle, await knowsEd25519(subtle)), entropy);
}
