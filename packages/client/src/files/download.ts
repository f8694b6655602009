/** Fetches encrypted blobs. */
import { limits, ProtocolError } from "@rempart/protocol";
import type { BlobReference } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";

/** Room for padding and seals over the greatest file: a reference that claims more is junk. */
const blobBytesMax = 1.1 * clientLimits.fileBytesMax + 65_536;

/**
 * The ciphertext; `undefined` when the server does not have (all of) it, or it is too large to be ours.
 * Rejects with `ERR_OFFLINE` and the like when asking again later makes sense.
 */
export async function downloadBlob(
  engine: Engine,
  { blobId, readKey, size }: BlobReference,
  progress: (bytes: number) => void = () => undefined,
): Promise<Uint8Array | undefined> {
  if (size > blobBytesMax) return undefined;
  const parts: Uint8Array[] = [];
  let offset = 0;
  try {
    while (offset < size) {
      const length = Math.min(limits.blobChunkBytesMax, size - offset);
      const { bytes } = await engine.connection.request("blobRead", { blobId, readKey, offset, length });
      if (bytes.length === 0) return undefined;
      parts.push(bytes);
      offset += bytes.length;
      progress(offset);
    }
  } catch (error) {
    const isGone = error instanceof ProtocolError && (error.code === "ERR_NOT_FOUND" || error.code === "ERR_DENIED");
    if (isGone) return undefined;
    throw error;
  }
  return joined(parts, offset);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
