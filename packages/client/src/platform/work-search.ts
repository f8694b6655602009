/** The search for a solution, as the solver's worker runs it: without a pause, until it is found or the worker is ended. */
import { isWorkHash } from "@rempart/protocol";
import { createSHA256 } from "hash-wasm";
import type { SolverProgress } from "../ports.ts";

/** What the worker is told. */
export interface SearchTask {
  /** The 32 bytes in front of the counter. */
  readonly prefix: Uint8Array;
  /** As `workBound` gives it. */
  readonly bound: number;
}

/** What the worker tells. */
export type SearchMessage =
  | { readonly kind: "progress"; readonly made: SolverProgress }
  | { readonly kind: "solved"; readonly solution: Uint8Array };

const prefixBytes = 32;
const counterBytes = 8;
/** Tries between two looks at the clock: about a millisecond's worth. */
const triesAtOnce = 2_048;
/** A few reports a second: enough for a line of text. */
const reportEveryMs = 250;

/** Tries counters from 0 on. `elapsed` answers milliseconds that never go back. */
export async function search(
  { prefix, bound }: SearchTask,
  { elapsed, tell }: { readonly elapsed: () => number; readonly tell: (message: SearchMessage) => void },
): Promise<void> {
  const hasher = await createSHA256();
  const tried = new Uint8Array(prefixBytes + counterBytes);
  tried.set(prefix);
  const counter = new DataView(tried.buffer, prefixBytes);
  const startedAt = elapsed();
  let toldAt = startedAt;
  for (let hashes = 1; ; hashes++) {
    // A counter of four bytes would do for any effort that is ever asked, many times over.
    counter.setUint32(counterBytes - 4, hashes);
    if (isWorkHash(hasher.init().update(tried).digest("binary"), bound)) {
      tell({ kind: "solved", solution: tried.slice(prefixBytes) });
      return;
    }
    if (hashes % triesAtOnce !== 0) continue;
    const now = elapsed();
    if (now - toldAt < reportEveryMs) continue;
    toldAt = now;
    tell({ kind: "progress", made: { hashes, elapsedMs: now - startedAt } });
  }
}
