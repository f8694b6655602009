/**
 * What is said at the gate: the first message of a connection is a proof, the answer to it a verdict, and frames
 * follow only an admission. Rules in spec/gate.md.
 */
import { empty, fixed, list, oneOf, optional, struct, u16, u32, union, type ValueOf } from "../codec.ts";
import { gateLimits } from "./limits.ts";

/** A ticket: key number, nonce, sealed lane, quota class and end, tag. Opaque to everybody but the gate. */
export const ticketBytes = 35;

/** A token of RFC 9578 type 2: type, nonce, challenge digest, key id, authenticator. */
export const tokenBytes = 2 + 32 + 32 + 32 + 256;

/** Proof of work: see `work.ts` for what is hashed. */
const workCodec = struct({ seed: fixed(16), nonce: fixed(16), effort: u16, solution: fixed(8) });
export type Work = ValueOf<typeof workCodec>;

export const proofCodec = union({
  none: empty,
  ticket: struct({ ticket: fixed(ticketBytes) }),
  token: struct({ token: fixed(tokenBytes) }),
  work: workCodec,
});
export type Proof = ValueOf<typeof proofCodec>;

/** What a newcomer has to solve. `effort` counts units of `workUnitHashes` expected hashes. */
const puzzleCodec = struct({ seed: fixed(16), effort: u16, validMs: u32 });
export type Puzzle = ValueOf<typeof puzzleCodec>;

/** How hard pressed the gate is: what it asks of newcomers, and what waits inside. */
const mode = oneOf("normal", "guarded", "siege");
export type GateMode = ValueOf<typeof mode>;

/** `busy`: the same proof may be shown again. `prove`: another is needed. `gone`: nobody from this address, for now. */
const reason = oneOf("busy", "prove", "gone");
export type RefusalReason = ValueOf<typeof reason>;

export const verdictCodec = union({
  /** `tickets`: what to show the next times, each good once. */
  admitted: struct({ mode, tickets: list(fixed(ticketBytes), gateLimits.ticketsPerVerdictMax) }),
  /** `retryAfterMs`: how long to stay away at least; whoever obeys adds a jitter. `puzzle`: what a newcomer may solve. */
  refused: struct({ mode, reason, retryAfterMs: u32, puzzle: optional(puzzleCodec) }),
});
export type Verdict = ValueOf<typeof verdictCodec>;
