/** Blinding by blindrsa-ts over the platform's WebCrypto and randomness; for Node and browsers alike. */
import type { BlindRSA } from "@cloudflare/blindrsa-ts";
import { toBase64url } from "@rempart/session";
import type { TokenBlinder } from "../gate/tokens/blinder.ts";

const algorithm = { name: "RSA-PSS", hash: "SHA-384" } as const;

/** About 28 ms a token for `blind` and 6 ms for `finalize`, on a desktop. */
export function webTokenBlinder(): TokenBlinder {
  // Loaded when first needed: a page that is opened has better things to read.
  let suite: Promise<BlindRSA> | undefined;
  const loaded = () => {
    suite ??= import("@cloudflare/blindrsa-ts").then(({ RSABSSA }) => RSABSSA.SHA384.PSS.Deterministic());
    return suite;
  };
  return {
    async blind(modulus, message) {
      const { blindedMsg, inv } = await (await loaded()).blind(await publicKey(modulus), message);
      return { blinded: blindedMsg, inverse: inv };
    },
    async finalize({ modulus, message, blindSignature, inverse }) {
      return (await loaded()).finalize(await publicKey(modulus), message, blindSignature, inverse);
    },
  };
}

function publicKey(modulus: Uint8Array): Promise<CryptoKey> {
  const jwk = { kty: "RSA", n: toBase64url(modulus), e: "AQAB", alg: "PS384", ext: true };
  return crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]);
}
