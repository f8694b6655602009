/** Proofs as clients make them. */
import { encode, gateLimits, isWorkHash, type Puzzle, proofCodec, workBound, workPrefix } from "@rempart/protocol";
import type { Source } from "../types.ts";
import type { Visit } from "../visit.ts";
import { arrived, type FakeWorld, host, nodeCrypto } from "./fakes.ts";

export const nothing = encode(proofCodec, { kind: "none" });

export function ticketProof(ticket: Uint8Array): Uint8Array {
  return encode(proofCodec, { kind: "ticket", ticket });
}

/** A token whose fields are told apart by `mark`; what it proves is the verifier's affair. */
export function tokenBytesOf(mark: number): Uint8Array {
  const token = new Uint8Array(2 + 32 * 3 + 256).fill(0x55);
  new DataView(token.buffer).setUint32(2, mark);
  return token;
}

export function tokenProof(token: Uint8Array): Uint8Array {
  return encode(proofCodec, { kind: "token", token });
}

/** Solves a puzzle at its effort, by trying. Another nonce is another solution. */
export function workProof(
  { seed, effort }: Puzzle,
  { nonce: mark, forHost = host }: { nonce: number; forHost?: string },
): Uint8Array {
  const nonce = new Uint8Array(16);
  new DataView(nonce.buffer).setUint32(0, mark);
  const tried = new Uint8Array(40);
  tried.set(workPrefix({ seed, effort, nonce, host: forHost }));
  const view = new DataView(tried.buffer);
  const bound = workBound(effort);
  for (let count = 0; count < 2 ** 32; count++) {
    view.setUint32(36, count);
    if (!isWorkHash(nodeCrypto.sha256(tried), bound)) continue;
    return encode(proofCodec, { kind: "work", seed, effort, nonce, solution: tried.slice(32) });
  }
  throw new Error(`no solution among 2^32; ${gateLimits.workUnitHashes} were expected for each unit`);
}

/** Lets somebody in with a new token, so that his prefix is trusted; what he got, and where he stands. */
export async function admitByToken(
  { gate, tokens }: Pick<FakeWorld, "gate" | "tokens">,
  { source, mark }: { source: Source; mark: number },
): Promise<{ readonly visit: Visit; readonly tickets: readonly Uint8Array[] }> {
  const visit = arrived(gate, source);
  const verdict = await visit.prove(tokenProof(tokens.issue(tokenBytesOf(mark))));
  if (verdict.kind !== "admitted") throw new Error(`refused: ${verdict.reason}`);
  return { visit, tickets: verdict.tickets };
}
