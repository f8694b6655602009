/**
 * The chain hash of a log: one value that stands for every entry up to a seq, in order. Two devices that
 * compare it notice a server that reorders, withholds or shows them different logs.
 */
import { type Entry, encode, u53 } from "@rempart/protocol";
import { concat } from "../bytes.ts";
import type { CryptoProvider } from "../provider/provider.ts";

/** h_0: the chain hash before the first entry. */
export const chainStart: Uint8Array = new Uint8Array(32);

/** h_n = SHA-256(h_{n-1} ‖ seq as big-endian u64 ‖ entry id ‖ SHA-256(entry bytes)). */
export async function chainNext(
  crypto: CryptoProvider,
  previous: Uint8Array,
  entry: Pick<Entry, "seq" | "entryId" | "bytes">,
): Promise<Uint8Array> {
  const bytesHash = await crypto.sha256(entry.bytes);
  return crypto.sha256(concat(previous, encode(u53, entry.seq), entry.entryId, bytesHash));
}
