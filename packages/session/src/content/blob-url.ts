/**
 * `rempart-blob:<blob id, hex>/<ciphertext bytes>#<read capability, hex>`: how an external part names an
 * encrypted blob. It travels inside encrypted messages only; its one secret is the fragment, which is
 * no part of any request.
 */
import { asId, fromHex, toHex } from "@rempart/protocol";
import type { BlobReference } from "../types.ts";

const pattern = /^rempart-blob:([0-9a-f]{32})\/(0|[1-9][0-9]{0,15})#([0-9a-f]{64})$/;

type BlobAddress = Pick<BlobReference, "blobId" | "size" | "readKey">;

export function blobUrl({ blobId, size, readKey }: BlobAddress): string {
  return `rempart-blob:${toHex(blobId)}/${size}#${toHex(readKey)}`;
}

/** `undefined` when the URL is anything else. */
export function parseBlobUrl(url: string): BlobAddress | undefined {
  const [, blobId, digits, readKey] = pattern.exec(url) ?? [];
  const size = Number(digits);
  if (blobId === undefined || readKey === undefined || !Number.isSafeInteger(size)) return undefined;
  return { blobId: asId("BlobId", fromHex(blobId)), size, readKey: asId("Capability", fromHex(readKey)) };
}
