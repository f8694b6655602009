/** The issuer: whoever asks it has his tokens. It remembers them instead of signing them, and so it verifies them. */
import type { TokenVerifier } from "@rempart/gate";
import { encode, gateChallengeDigest, rsaBytes, toHex, tokenCodec, tokenDayOf, tokenEndOf } from "@rempart/protocol";
import type { Random } from "../random.ts";

export class Mint implements TokenVerifier {
  readonly #random: Random;
  readonly #keyId: Uint8Array;
  readonly #expiresAt: number;
  readonly #issued = new Set<string>();

  constructor({ random, now }: { random: Random; now: number }) {
    this.#random = random;
    this.#keyId = random.bytes(32);
    this.#expiresAt = tokenEndOf(tokenDayOf(now));
  }

  get issued(): number {
    return this.#issued.size;
  }

  issue(): Uint8Array {
    const token = encode(tokenCodec, {
      tokenType: 2,
      nonce: this.#random.bytes(32),
      challengeDigest: gateChallengeDigest,
      keyId: this.#keyId,
      authenticator: this.#random.bytes(rsaBytes),
    });
    this.#issued.add(toHex(token));
    return token;
  }

  has(token: Uint8Array): boolean {
    return this.#issued.has(toHex(token));
  }

  check(token: Uint8Array, now: number): ReturnType<TokenVerifier["check"]> {
    if (!this.has(token)) return { fault: "forged" };
    return now < this.#expiresAt ? { expiresAt: this.#expiresAt } : { fault: "expired" };
  }
}
