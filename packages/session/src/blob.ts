/**
 * Encrypted blobs: padded (Padmé), then sealed in chunks with AES-256-GCM under a key that is used for
 * nothing else. See spec/session.md, [SN30] to [SN32].
 */
import { asId, type Codec, fixed, id, sameBytes, struct, u53 } from "@rempart/protocol";
import { ascii } from "./bytes.ts";
import { SessionError } from "./errors.ts";
import type { CryptoProvider } from "./provider/provider.ts";
import type { BlobReference, SealedBlob } from "./types.ts";

/** Plaintext bytes of one chunk; a reader of a range needs whole chunks. */
const chunkBytes = 262_144;
const tagBytes = 16;
const lengthBytes = 8;
const aad = ascii("rempart blob v1");

export const blobReferenceCodec: Codec<BlobReference> = struct({
  blobId: id("BlobId"),
  readKey: id("Capability"),
  key: fixed(32),
  hash: fixed(32),
  size: u53,
});

/**
 * Padmé (Nikitin et al., 2019): the size to which `length` is padded, at most 12 % more, so that a size
 * says only O(log log length) bits about its content.
 */
export function paddedLength(length: number): number {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** Math.max(0, exponent - kept);
  return Math.ceil(length / step) * step;
}

/** The chunk's index, and whether it is the last: a chunk cannot be moved, dropped or repeated. */
function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, index);
  view.setUint8(11, isLast ? 1 : 0);
  return nonce;
}

/** Encrypts `content` under a new key. The caller uploads `ciphertext` before it shares `reference`. */
export async function encryptBlob(crypto: CryptoProvider, content: Uint8Array): Promise<SealedBlob> {
  const { entropy } = crypto;
  const key = entropy.randomBytes(32);
  const padded = new Uint8Array(paddedLength(lengthBytes + content.length));
  new DataView(padded.buffer).setBigUint64(0, BigInt(content.length));
  padded.set(content, lengthBytes);
  const chunks = Math.ceil(padded.length / chunkBytes);
  const ciphertext = new Uint8Array(padded.length + chunks * tagBytes);
  for (let index = 0; index < chunks; index++) {
    const plaintext = padded.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    const nonce = nonceOf(index, index === chunks - 1);
    ciphertext.set(await crypto.aead.seal({ key, nonce, plaintext, aad }), index * (chunkBytes + tagBytes));
  }
  const reference: BlobReference = {
    blobId: asId("BlobId", entropy.randomBytes(16)),
    readKey: asId("Capability", entropy.randomBytes(32)),
    key,
    hash: await crypto.sha256(ciphertext),
    size: ciphertext.length,
  };
  return { reference, ciphertext };
}

function refuse(message: string): never {
  throw new SessionError("ERR_BLOB", message);
}

/** The content of a fetched blob. Throws `ERR_BLOB` when it is not exactly what `reference` names. */
export async function decryptBlob(
  crypto: CryptoProvider,
  reference: BlobReference,
  ciphertext: Uint8Array,
): Promise<Uint8Array> {
  if (ciphertext.length !== reference.size) refuse("the blob has another size");
  if (!sameBytes(await crypto.sha256(ciphertext), reference.hash)) refuse("the blob has another hash");
  const chunks = Math.ceil(ciphertext.length / (chunkBytes + tagBytes));
  const length = ciphertext.length - chunks * tagBytes;
  if (length < lengthBytes) refuse("the blob is too short");
  const padded = new Uint8Array(length);
  for (let index = 0; index < chunks; index++) {
    const chunk = ciphertext.subarray(index * (chunkBytes + tagBytes), (index + 1) * (chunkBytes + tagBytes));
    const nonce = nonceOf(index, index === chunks - 1);
    padded.set(await openChunk(crypto, { key: reference.key, nonce, ciphertext: chunk }), index * chunkBytes);
  }
  return unpad(padded);
}

async function openChunk(
  crypto: CryptoProvider,
  chunk: { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly ciphertext: Uint8Array },
): Promise<Uint8Array> {
  try {
    return await crypto.aead.open({ ...chunk, aad });
  } catch {
    return refuse("the blob was not sealed with this key");
  }
}

function unpad(padded: Uint8Array): Uint8Array {
  const length = new DataView(padded.buffer, padded.byteOffset).getBigUint64(0);
  if (length > BigInt(padded.length - lengthBytes)) refuse("the blob is shorter than it says");
  return padded.subarray(lengthBytes, lengthBytes + Number(length));
}
