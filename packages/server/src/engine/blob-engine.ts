/** Encrypted blobs: written once from front to back, read in ranges. */
import { limits, ProtocolError, sameBytes } from "@rempart/protocol";
import { storeLimits } from "../limits.ts";
import type { AnswerOf, AskOf } from "../store-operations.ts";
import type { BlobRow, Tables } from "./tables.ts";

type Key = AskOf<"blobStat">["key"];

export function createBlob(tables: Tables, ask: AskOf<"blobCreate">): AnswerOf<"blobCreate"> {
  const known = tables.blobs.find(ask.blobId);
  if (known === undefined) {
    tables.blobs.insert(ask);
    return {};
  }
  const isRetry =
    known.size === ask.size && sameBytes(known.readAuth, ask.readAuth) && sameBytes(known.writeAuth, ask.writeAuth);
  if (!isRetry) throw new ProtocolError("ERR_EXISTS", "a blob with this id exists");
  return {};
}

export function writeBlob(tables: Tables, { key, offset, bytes }: AskOf<"blobWrite">): AnswerOf<"blobWrite"> {
  const blob = openBlob(tables, key, ["writeAuth"]);
  if (offset !== blob.stored) throw new ProtocolError("ERR_OFFSET", "the blob goes on elsewhere: ask for its state");
  const stored = offset + bytes.length;
  if (stored > blob.size) throw new ProtocolError("ERR_QUOTA", "more bytes than the blob was created for");
  if (bytes.length < storeLimits.blobChunkBytesMin && stored < blob.size) {
    throw new ProtocolError("ERR_QUOTA", `pieces before the last have at least ${storeLimits.blobChunkBytesMin} bytes`);
  }
  if (bytes.length > 0) tables.blobs.append(blob.key, { offset, bytes });
  return { stored };
}

export function statBlob(tables: Tables, { key }: AskOf<"blobStat">): AnswerOf<"blobStat"> {
  const { size, stored } = openBlob(tables, key, ["readAuth", "writeAuth"]);
  return { size, stored };
}

/** As many bytes as there are from `offset` on, up to `length` and to what a frame takes. */
export function readBlob(tables: Tables, { key, offset, length }: AskOf<"blobRead">): AnswerOf<"blobRead"> {
  const blob = openBlob(tables, key, ["readAuth"]);
  const available = Math.max(0, blob.stored - offset);
  const wanted = Math.min(length, available, limits.blobChunkBytesMax);
  if (wanted === 0) return { bytes: new Uint8Array(0) };
  return { bytes: tables.blobs.read(blob.key, { offset, length: wanted }) };
}

export function deleteBlob(tables: Tables, { key }: AskOf<"blobDelete">): AnswerOf<"blobDelete"> {
  tables.blobs.markDeleted(openBlob(tables, key, ["writeAuth"]).key);
  return {};
}

function openBlob(tables: Tables, { blobId, auth }: Key, kinds: readonly ("readAuth" | "writeAuth")[]): BlobRow {
  const blob = tables.blobs.find(blobId);
  const isAllowed = (kind: "readAuth" | "writeAuth") => blob !== undefined && sameBytes(blob[kind], auth);
  if (blob === undefined || !kinds.some(isAllowed)) {
    throw new ProtocolError("ERR_DENIED", "no such blob, or not with this key");
  }
  return blob;
}
