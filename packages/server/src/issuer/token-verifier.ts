/** Checks tokens for the gate, with public keys only. It knows no account, and does not remember what it saw. */
import type { TokenVerifier } from "@rempart/gate";
import {
  decode,
  gateChallengeDigest,
  ProtocolError,
  sameBytes,
  type Token,
  tokenCodec,
  tokenEndOf,
  tokenInput,
} from "@rempart/protocol";
import type { KeyRing } from "./key-ring.ts";
import type { TokenRsa } from "./rsa.ts";

export class RsaTokenVerifier implements TokenVerifier {
  readonly #keyRing: Pick<KeyRing, "find">;
  readonly #rsa: Pick<TokenRsa, "verify">;

  constructor(ports: { readonly keyRing: Pick<KeyRing, "find">; readonly rsa: Pick<TokenRsa, "verify"> }) {
    this.#keyRing = ports.keyRing;
    this.#rsa = ports.rsa;
  }

  check(bytes: Uint8Array, now: number): ReturnType<TokenVerifier["check"]> {
    const token = tokenOf(bytes);
    if (token === undefined || !sameBytes(token.challengeDigest, gateChallengeDigest)) return { fault: "forged" };
    const key = this.#keyRing.find(token.keyId);
    if (key === undefined) return { fault: "unknown-key" };
    const expiresAt = tokenEndOf(key.day);
    if (expiresAt <= now) return { fault: "expired" };
    const signed = { modulus: key.modulus, message: tokenInput(token), signature: token.authenticator };
    return this.#rsa.verify(signed) ? { expiresAt } : { fault: "forged" };
  }
}

function tokenOf(bytes: Uint8Array): Token | undefined {
  try {
    return decode(tokenCodec, bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
