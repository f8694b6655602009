import type { EntryId } from "@rempart/protocol";
import { Random } from "../random.ts";

/** Small as messages are, and now and then large, so that the database also grows past its checkpoints. */
const bodyBytes = [400, 400, 400, 400, 1_024, 1_024, 4_096, 16_384] as const;

/** The bytes of an entry follow from its id, so that nothing but ids has to be remembered. */
export function bodyOf(entryId: EntryId): Uint8Array<ArrayBuffer> {
  const view = new DataView(entryId.buffer, entryId.byteOffset);
  const size = bodyBytes[view.getUint8(8) % bodyBytes.length] ?? bodyBytes[0];
  return new Random(view.getUint32(0) ^ view.getUint32(4)).bytes(size);
}
