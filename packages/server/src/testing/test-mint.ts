/** A device's half of RFC 9474 for tests, written with plain big integers: tokens that only a real issuer could have signed. */
import { createHash, randomBytes } from "node:crypto";
import {
  encode,
  gateChallengeDigest,
  gateLimits,
  rsaBytes,
  tokenCodec,
  tokenInput,
  tokenKeyIdOf,
} from "@rempart/protocol";

const saltBytes = 48;
const exponent = 65_537n;

export interface TestBatch {
  /** What the issuer is asked to sign. */
  readonly blinded: Uint8Array;
  /** The tokens, encoded, out of what the issuer answered. */
  finish(signatures: Uint8Array): Uint8Array[];
}

export interface BatchOptions {
  readonly count?: number;
  readonly challengeDigest?: Uint8Array;
}

export function newBatch(
  modulus: Uint8Array,
  { count = gateLimits.tokensPerDay, challengeDigest = gateChallengeDigest }: BatchOptions = {},
): TestBatch {
  const drafts = Array.from({ length: count }, () => newDraft(modulus, challengeDigest));
  return {
    blinded: Buffer.concat(drafts.map(({ blinded }) => blinded)),
    finish: (signatures) =>
      drafts.map(({ finish }, index) => finish(signatures.subarray(index * rsaBytes, (index + 1) * rsaBytes))),
  };
}

function newDraft(modulus: Uint8Array, challengeDigest: Uint8Array) {
  const n = numberOf(modulus);
  const fields = {
    tokenType: 2 as const,
    nonce: new Uint8Array(randomBytes(32)),
    challengeDigest,
    keyId: tokenKeyIdOf(modulus),
  };
  const encoded = numberOf(pssEncoding(tokenInput(fields), randomBytes(saltBytes)));
  const blind = numberOf(randomBytes(rsaBytes)) % n;
  const inverse = inverseOf(blind, n);
  return {
    blinded: bytesOf((encoded * power(blind, exponent, n)) % n),
    finish(blindSignature: Uint8Array): Uint8Array {
      return encode(tokenCodec, { ...fields, authenticator: bytesOf((numberOf(blindSignature) * inverse) % n) });
    },
  };
}

/** EMSA-PSS-ENCODE of RFC 8017 §9.1.1 for 2047 bits, with SHA-384. */
function pssEncoding(message: Uint8Array, salt: Uint8Array): Uint8Array {
  const digest = sha384(message);
  const hash = sha384(Buffer.concat([new Uint8Array(8), digest, salt]));
  const block = Buffer.alloc(rsaBytes - hash.length - 1);
  block[block.length - saltBytes - 1] = 1;
  block.set(salt, block.length - saltBytes);
  for (let counter = 0, at = 0; at < block.length; counter++) {
    const mask = sha384(Buffer.concat([hash, Uint8Array.of(0, 0, 0, counter)]));
    for (let i = 0; i < mask.length && at < block.length; i++, at++) block[at] = (block[at] ?? 0) ^ (mask[i] ?? 0);
  }
  block[0] = (block[0] ?? 0) & 0x7f;
  return Buffer.concat([block, hash, Uint8Array.of(0xbc)]);
}

function sha384(bytes: Uint8Array): Buffer {
  return createHash("sha384").update(bytes).digest();
}

export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(number: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(number.toString(16).padStart(2 * rsaBytes, "0"), "hex"));
}

export function power(base: bigint, by: bigint, n: bigint): bigint {
  let result = 1n;
  let square = base % n;
  for (let rest = by; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % n;
    square = (square * square) % n;
  }
  return result;
}

export function inverseOf(number: bigint, n: bigint): bigint {
  let [r, nextR, s, nextS] = [number, n, 1n, 0n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR] = [nextR, r - quotient * nextR];
    [s, nextS] = [nextS, s - quotient * nextS];
  }
  return ((s % n) + n) % n;
}
