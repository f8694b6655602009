/**
 * The outer seal. An entry of a group's log shows the server neither group, epoch, kind nor sender: it is
 * `nonce(12) ‖ AES-256-GCM(entry key of the epoch, content)`, padded to one of a few sizes ([SN20] to [SN23]).
 *
 * content = tag u8 ‖ length u32 ‖ bytes ‖ zeros
 */
import { decode, encode, entrySizes, Reader, Writer } from "@rempart/protocol";
import { blobReferenceCodec, encryptBlob } from "../blob.ts";
import { ascii, concat } from "../bytes.ts";
import { SessionError } from "../errors.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { BlobReference, SealedBlob } from "../types.ts";
import { ensure } from "./guard.ts";
import { mlsLimits } from "./limits.ts";

const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 5;
const overheadBytes = nonceBytes + tagBytes + headerBytes;
const aad = ascii("rempart entry v1");

const tags = { message: 0, detached: 1 } as const;

export type EntryContent =
  | { readonly kind: "message"; readonly message: Uint8Array }
  | { readonly kind: "detached"; readonly blob: BlobReference };

export interface SealedEntry {
  readonly entry: Uint8Array;
  readonly blob?: SealedBlob;
}

/** The entry size for so many bytes of content, or `undefined` when none is large enough. */
function sizeFor(length: number): number | undefined {
  return entrySizes.find((size) => size >= length + overheadBytes);
}

/** Seals an `MLSMessage`; one that fits no entry goes into a blob, and the entry says where it is. */
export async function sealEntry(
  crypto: CryptoProvider,
  entryKey: Uint8Array,
  message: Uint8Array,
): Promise<SealedEntry> {
  ensure(message.length <= mlsLimits.messageBytesMax, "ERR_MLS_TOO_LARGE", "the MLS message is too large");
  const size = sizeFor(message.length);
  if (size !== undefined) return { entry: await seal(crypto, entryKey, { tag: tags.message, body: message, size }) };
  const blob = await encryptBlob(crypto, message);
  const body = encode(blobReferenceCodec, blob.reference);
  // A reference padded like a large message: which entries are detached is not for the server to see.
  const largest = Math.max(...entrySizes);
  return { entry: await seal(crypto, entryKey, { tag: tags.detached, body, size: largest }), blob };
}

async function seal(
  crypto: CryptoProvider,
  key: Uint8Array,
  content: { readonly tag: number; readonly body: Uint8Array; readonly size: number },
): Promise<Uint8Array> {
  const writer = new Writer(content.size);
  writer.uint(content.tag, 1);
  writer.uint(content.body.length, 4);
  writer.bytes(content.body);
  const plaintext = new Uint8Array(content.size - nonceBytes - tagBytes);
  plaintext.set(writer.finish());
  const nonce = crypto.entropy.randomBytes(nonceBytes);
  return concat(nonce, await crypto.aead.seal({ key, nonce, plaintext, aad }));
}

/** Opens the outer seal. Throws `ERR_OUTER_SEAL` for anything not sealed with this epoch's key, in this form. */
export async function openSeal(crypto: CryptoProvider, entryKey: Uint8Array, entry: Uint8Array): Promise<EntryContent> {
  const isOfSize = entrySizes.some((size) => size === entry.length);
  ensure(isOfSize, "ERR_OUTER_SEAL", "the entry has none of the entry sizes");
  const reader = new Reader(await unseal(crypto, entryKey, entry));
  const tag = reader.uint(1);
  const length = reader.uint(4);
  ensure(length <= reader.remaining, "ERR_OUTER_SEAL", "the entry is shorter than it says");
  const body = reader.bytes(length);
  const isPadded = reader.bytes(reader.remaining).every((byte) => byte === 0);
  ensure(isPadded, "ERR_OUTER_SEAL", "the padding is not zero");
  if (tag === tags.message) return { kind: "message", message: body };
  ensure(tag === tags.detached, "ERR_OUTER_SEAL", "an unknown kind of content");
  const blob = decode(blobReferenceCodec, body);
  ensure(blob.size <= 2 * mlsLimits.messageBytesMax, "ERR_MLS_TOO_LARGE", "the detached message is too large");
  return { kind: "detached", blob };
}

async function unseal(crypto: CryptoProvider, key: Uint8Array, entry: Uint8Array): Promise<Uint8Array> {
  const nonce = entry.subarray(0, nonceBytes);
  try {
    return await crypto.aead.open({ key, nonce, ciphertext: entry.subarray(nonceBytes), aad });
  } catch {
    throw new SessionError("ERR_OUTER_SEAL", "the entry was not sealed in this epoch of this group");
  }
}
