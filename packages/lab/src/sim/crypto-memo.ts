/**
 * What one device has worked out already and another is about to: the answers of pure functions, shared by
 * all devices of a simulation. Each signature is checked once, and a sealed box that any device sealed
 * opens to what was put into it. Everything else, and whatever is not exactly the same, is worked out anew.
 */
import type { CryptoProvider, SealedBox } from "@rempart/session";

interface Verified {
  readonly message: Uint8Array;
  readonly isRight: boolean;
}

type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;

export class CryptoMemo {
  readonly #verified = new Map<string, Verified>();
  readonly #sealed = new Map<string, Uint8Array>();
  readonly #publicKeys = new Map<string, string>();

  /** The same provider, asking this memory first. */
  share(provider: CryptoProvider): CryptoProvider {
    const { ed25519, sealedBox } = provider;
    return {
      ...provider,
      ed25519: { ...ed25519, verify: this.#verifier((...signed) => ed25519.verify(...signed)) },
      sealedBox: this.#box(sealedBox),
      suite: async (name) => {
        const suite = await provider.suite(name);
        const { signature } = suite;
        return {
          ...suite,
          signature: { ...signature, verify: this.#verifier((...signed) => signature.verify(...signed)) },
        };
      },
    };
  }

  #verifier(verify: Verify): Verify {
    return async (publicKey, message, signature) => {
      const name = nameOf(publicKey, signature);
      const known = this.#verified.get(name);
      if (known !== undefined && Buffer.compare(known.message, message) === 0) return known.isRight;
      const isRight = await verify(publicKey, message, signature);
      this.#verified.set(name, { message: message.slice(), isRight });
      return isRight;
    };
  }

  #box(box: SealedBox): SealedBox {
    return {
      keyPair: (seed) => box.keyPair(seed),
      seal: async (input) => {
        const sealed = await box.seal(input);
        const { publicKey, info, aad = none, plaintext } = input;
        const name = nameOf(publicKey, info, aad, sealed.kemOutput, sealed.ciphertext);
        this.#sealed.set(name, plaintext.slice());
        return sealed;
      },
      open: async (input) => {
        const { privateKey, info, aad = none, sealed } = input;
        const publicKey = await this.#publicKeyOf(box, privateKey);
        const name = publicKey + nameOf(info, aad, sealed.kemOutput, sealed.ciphertext);
        return this.#sealed.get(name)?.slice() ?? box.open(input);
      },
    };
  }

  async #publicKeyOf(box: SealedBox, privateKey: Uint8Array): Promise<string> {
    const seed = nameOf(privateKey);
    const known = this.#publicKeys.get(seed);
    if (known !== undefined) return known;
    const name = nameOf((await box.keyPair(privateKey)).publicKey);
    this.#publicKeys.set(seed, name);
    return name;
  }
}

const none = new Uint8Array();

/** Tells inputs apart: each with its length in front, so that none runs into the next. */
function nameOf(...inputs: readonly Uint8Array[]): string {
  return inputs
    .map((bytes) => `${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`)
    .join("");
}
