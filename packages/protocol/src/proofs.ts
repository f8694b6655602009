/** What is signed to prove an account to a server. Each use has a first line of its own: no signature fits two. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encode, fixed, id, struct, text } from "./codec.ts";
import type { AccountId, Auth } from "./ids.ts";
import { challengeBytes, limits } from "./limits.ts";

const encoder = new TextEncoder();

const accountProofCodec = struct({
  challenge: fixed(challengeBytes),
  host: text(limits.hostBytesMax),
  accountId: id("AccountId"),
});

/** What an account proof is bound to, besides its use. */
export interface AccountProof {
  /** What this connection's `hello` was answered with, 32 bytes. */
  readonly challenge: Uint8Array;
  /** The host of the server's address, as `hostOf` gives it: the proof is worth nothing to another server. */
  readonly host: string;
  readonly accountId: AccountId;
}

/**
 * The bytes that the account key signs for `register` and `authenticate`: a first line that names the use, and the
 * fields as the wire encodes them. Throws `ERR_TOO_LARGE` for a host above `hostBytesMax`, and a `RangeError` for a
 * challenge of another length.
 */
export function accountProof(use: "register" | "authenticate", proof: AccountProof): Uint8Array<ArrayBuffer> {
  const label = encoder.encode(`rempart ${use} v1\n`);
  const fields = encode(accountProofCodec, proof);
  const signed = new Uint8Array(label.length + fields.length);
  signed.set(label);
  signed.set(fields, label.length);
  return signed;
}

/**
 * The host of a server's address, in lower case, with its port unless that is the scheme's own: `chat.example` of
 * `https://chat.example`, `127.0.0.1:8080` of `http://127.0.0.1:8080`. Throws a `TypeError` for what is no address.
 */
export function hostOf(origin: string): string {
  return new URL(origin).host;
}

/** The hash that the server keeps of a capability or an invitation's secret. */
export function authOf(secret: Uint8Array): Auth {
  return sha256(secret) as Uint8Array as Auth;
}
