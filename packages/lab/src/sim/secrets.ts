/**
 * I5: what must never be on the server's side. Plaintexts of a simulation all begin with one mark; every
 * private and symmetric key that any engine uses is noted as it passes through its crypto provider. Each
 * frame that a server receives, and each value that its store keeps, is searched for both.
 */
import type { CryptoProvider } from "@rempart/session";

/** Begins every text, name and title of a simulation; long enough not to occur in ciphertext by chance. */
export const plaintextMark = "markedplain";

const markBytes = Buffer.from(plaintextMark);
/** Keys are found by their first bytes, then compared whole. */
const prefixBytes = 4;
const keyBytesMin = 16;

export class SecretRegister {
  readonly #byPrefix = new Map<number, Uint8Array[]>();
  /** Which prefixes may be known, by their lower sixteen bits: spares nearly every look-up. */
  readonly #mayBeKnown = new Uint8Array(65_536);
  readonly #known = new Set<string>();
  readonly #texts: Buffer[] = [];

  /** Notes a text that is no marked one: a recovery phrase. */
  addText(text: string): void {
    this.#texts.push(Buffer.from(text));
  }

  addKey(key: Uint8Array): void {
    if (key.length < keyBytesMin) return;
    const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
    if (this.#known.has(name)) return;
    this.#known.add(name);
    const prefix = prefixAt(key, 0);
    this.#mayBeKnown[prefix & 0xffff] = 1;
    const others = this.#byPrefix.get(prefix);
    const copy = key.slice();
    if (others === undefined) this.#byPrefix.set(prefix, [copy]);
    else others.push(copy);
  }

  /** What of all this the bytes contain: `undefined` when nothing. */
  find(bytes: Uint8Array): "a marked plaintext" | "a recovery phrase" | "a private key" | undefined {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (buffer.includes(markBytes)) return "a marked plaintext";
    if (this.#texts.some((text) => buffer.includes(text))) return "a recovery phrase";
    return this.#hasKey(bytes) ? "a private key" : undefined;
  }

  #hasKey(bytes: Uint8Array): boolean {
    let prefix = prefixAt(bytes, 0) >>> 8;
    for (let end = prefixBytes - 1; end < bytes.length; end++) {
      prefix = (prefix << 8) | (bytes[end] ?? 0);
      if (this.#mayBeKnown[prefix & 0xffff] === 0) continue;
      const at = end - prefixBytes + 1;
      if (this.#byPrefix.get(prefix)?.some((key) => isAt(bytes, at, key))) return true;
    }
    return false;
  }
}

function prefixAt(bytes: Uint8Array, at: number): number {
  let prefix = 0;
  for (let i = 0; i < prefixBytes; i++) prefix = (prefix << 8) | (bytes[at + i] ?? 0);
  return prefix;
}

function isAt(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
  if (at + key.length > bytes.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[at + i] !== key[i]) return false;
  return true;
}

/** The same provider, noting every secret key that is used through it. */
export function watchProvider(provider: CryptoProvider, register: SecretRegister): CryptoProvider {
  const { aead, ed25519, sealedBox } = provider;
  return {
    ...provider,
    aead: {
      seal(input) {
        register.addKey(input.key);
        return aead.seal(input);
      },
      open(input) {
        register.addKey(input.key);
        return aead.open(input);
      },
    },
    ed25519: {
      publicKey(seed) {
        register.addKey(seed);
        return ed25519.publicKey(seed);
      },
      sign(seed, message) {
        register.addKey(seed);
        return ed25519.sign(seed, message);
      },
      verify: (publicKey, message, signature) => ed25519.verify(publicKey, message, signature),
    },
    sealedBox: {
      ...sealedBox,
      open(input) {
        register.addKey(input.privateKey);
        return sealedBox.open(input);
      },
    },
    async suite(name) {
      const suite = await provider.suite(name);
      return { ...suite, signature: watchSignature(suite.signature, register), hpke: watchHpke(suite.hpke, register) };
    },
  };
}

type Suite = Awaited<ReturnType<CryptoProvider["suite"]>>;

function watchSignature(signature: Suite["signature"], register: SecretRegister): Suite["signature"] {
  return {
    ...signature,
    sign(signKey, message) {
      register.addKey(signKey);
      return signature.sign(signKey, message);
    },
  };
}

function watchHpke(hpke: Suite["hpke"], register: SecretRegister): Suite["hpke"] {
  return {
    ...hpke,
    importPrivateKey(key) {
      register.addKey(key);
      return hpke.importPrivateKey(key);
    },
    async exportPrivateKey(key) {
      const bytes = await hpke.exportPrivateKey(key);
      register.addKey(bytes);
      return bytes;
    },
    encryptAead(key, nonce, aad, plaintext) {
      register.addKey(key);
      return hpke.encryptAead(key, nonce, aad, plaintext);
    },
    decryptAead(key, nonce, aad, ciphertext) {
      register.addKey(key);
      return hpke.decryptAead(key, nonce, aad, ciphertext);
    },
  };
}
