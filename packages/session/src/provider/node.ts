/**
 * The provider for Node: synchronous `node:crypto`, which costs 1–4 µs a call where Node's WebCrypto
 * costs 90–260 µs.
 */
import * as crypto from "node:crypto";
import type { Entropy } from "../types.ts";
import { makeProvider } from "./make-provider.ts";
import type { Primitives } from "./primitives.ts";
import type { CryptoProvider } from "./provider.ts";
import { RecentKeys } from "./recent-keys.ts";

const tagBytes = 16;
// DER headers that turn raw 32-byte private keys into the PKCS #8 form that node:crypto imports (RFC 8410).
const privateHeaders = {
  Ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  X25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
} as const;

type Curve = keyof typeof privateHeaders;

/** Signing keys live as long as their device or account, and importing one costs as much as signing with it. */
const signingKeysMax = 64;
const signingKeys = new RecentKeys(signingKeysMax, (seed) => importPrivate("Ed25519", seed));
/** Every signature of a device is checked against the same few keys. */
const verifyingKeysMax = 1_024;
const verifyingKeys = new RecentKeys(verifyingKeysMax, (key) => importPublic("Ed25519", key));
/** One alone, and only until the next is used: a KEM uses each key twice in a row, and it is to be forgotten then. */
const agreementKeys = new RecentKeys(1, (key) => importPrivate("X25519", key));

function importPrivate(curve: Curve, key: Uint8Array): crypto.KeyObject {
  return crypto.createPrivateKey({ key: Buffer.concat([privateHeaders[curve], key]), format: "der", type: "pkcs8" });
}

function importPublic(curve: Curve, key: Uint8Array): crypto.KeyObject {
  const x = Buffer.from(key.buffer, key.byteOffset, key.length).toString("base64url");
  return crypto.createPublicKey({ key: { kty: "OKP", crv: curve, x }, format: "jwk" });
}

function rawPublicKey(privateKey: crypto.KeyObject): Uint8Array {
  // As a JWK, since OpenSSL takes ten times as long to write it down as DER.
  const { x } = privateKey.export({ format: "jwk" });
  if (x === undefined) throw new TypeError("a key has no public half");
  return plain(Buffer.from(x, "base64url"));
}

/** A copy outside of Buffer's shared pool: MLS zeroes some of its secrets in place. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}

const primitives: Primitives = {
  hash: (name, data) => plain(crypto.hash(name, data, "buffer")),
  hmac: (name, key, data) => plain(crypto.createHmac(name, key).update(data).digest()),
  gcmSeal(key, nonce, aad, plaintext) {
    const cipher = crypto.createCipheriv(key.length === 16 ? "aes-128-gcm" : "aes-256-gcm", key, nonce);
    if (aad.length > 0) cipher.setAAD(aad);
    const body = cipher.update(plaintext);
    cipher.final();
    const sealed = new Uint8Array(body.length + tagBytes);
    sealed.set(body);
    sealed.set(cipher.getAuthTag(), body.length);
    return sealed;
  },
  gcmOpen(key, nonce, aad, ciphertext) {
    if (ciphertext.length < tagBytes) throw new RangeError("the ciphertext is shorter than its tag");
    const at = ciphertext.length - tagBytes;
    const options = { authTagLength: tagBytes };
    const decipher = crypto.createDecipheriv(key.length === 16 ? "aes-128-gcm" : "aes-256-gcm", key, nonce, options);
    if (aad.length > 0) decipher.setAAD(aad);
    decipher.setAuthTag(ciphertext.subarray(at));
    const opened = plain(decipher.update(ciphertext.subarray(0, at)));
    decipher.final();
    return opened;
  },
  ed25519PublicKey: (seed) => rawPublicKey(signingKeys.get(seed)),
  ed25519Sign: (seed, message) => plain(crypto.sign(null, message, signingKeys.get(seed))),
  ed25519Verify: (publicKey, message, signature) =>
    crypto.verify(null, message, verifyingKeys.get(publicKey), signature),
  x25519PublicKey: (privateKey) => rawPublicKey(agreementKeys.get(privateKey)),
  x25519Shared: (privateKey, publicKey) =>
    plain(
      crypto.diffieHellman({
        privateKey: agreementKeys.get(privateKey),
        publicKey: importPublic("X25519", publicKey),
      }),
    ),
};

/** The operating system's randomness and clock. */
export const nodeEntropy: Entropy = {
  randomBytes: (length) => plain(crypto.randomBytes(length)),
  now: () => Date.now(),
};

export function nodeProvider(entropy: Entropy = nodeEntropy): CryptoProvider {
  return makeProvider("node", primitives, entropy);
}
