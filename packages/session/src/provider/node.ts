/**
 * The provider for Node: synchronous `node:crypto`, which costs 1–4 µs a call where Node's WebCrypto
 * costs 90–260 µs.
 */
import * as crypto from "node:crypto";
import type { Entropy } from "../types.ts";
import { makeProvider } from "./make-provider.ts";
import type { Primitives } from "./primitives.ts";
import type { CryptoProvider } from "./provider.ts";

const tagBytes = 16;
// DER headers that turn raw 32-byte keys into the PKCS #8 and SPKI forms that node:crypto imports (RFC 8410).
const ed25519Private = Buffer.from("302e020100300506032b657004220420", "hex");
const ed25519Public = Buffer.from("302a300506032b6570032100", "hex");
const x25519Private = Buffer.from("302e020100300506032b656e04220420", "hex");
const x25519Public = Buffer.from("302a300506032b656e032100", "hex");

function privateKeyOf(header: Buffer, key: Uint8Array): crypto.KeyObject {
  return crypto.createPrivateKey({ key: Buffer.concat([header, key]), format: "der", type: "pkcs8" });
}

function publicKeyOf(header: Buffer, key: Uint8Array): crypto.KeyObject {
  return crypto.createPublicKey({ key: Buffer.concat([header, key]), format: "der", type: "spki" });
}

function rawPublicKey(privateKey: crypto.KeyObject): Uint8Array {
  return plain(crypto.createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32));
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
  ed25519PublicKey: (seed) => rawPublicKey(privateKeyOf(ed25519Private, seed)),
  ed25519Sign: (seed, message) => plain(crypto.sign(null, message, privateKeyOf(ed25519Private, seed))),
  ed25519Verify: (publicKey, message, signature) =>
    crypto.verify(null, message, publicKeyOf(ed25519Public, publicKey), signature),
  x25519PublicKey: (privateKey) => rawPublicKey(privateKeyOf(x25519Private, privateKey)),
  x25519Shared: (privateKey, publicKey) =>
    plain(
      crypto.diffieHellman({
        privateKey: privateKeyOf(x25519Private, privateKey),
        publicKey: publicKeyOf(x25519Public, publicKey),
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
