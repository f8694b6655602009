/**
 * MIMI content (draft-ietf-mimi-content): the deterministic CBOR inside every application message.
 *
 * What {@link decodeMimi} accepts, {@link encodeMimi} gives back byte for byte, unknown extensions
 * included. Errors are `ERR_CONTENT`.
 */
import type { Branded } from "@rempart/protocol";
import { CborReader, encodeCbor, malformed, RawCbor } from "./cbor.ts";
import { contentLimits } from "./limits.ts";
import { type NestedPart, partToCbor, readBody } from "./mimi-part.ts";

/** Names a message: 0x01 (SHA-256) and 31 bytes of a hash, see `message-id.ts`. */
export type MessageId = Branded<"MessageId">;
export const messageIdBytes = 32;
export const saltBytes = 16;

/** When a message disappears: so many seconds after it was read, or at a second of the Unix epoch. */
export interface Expiration {
  readonly isRelative: boolean;
  readonly seconds: number;
}

/** An extension that this program does not interpret. */
export interface UnknownExtension {
  /** Integer of at most 53 bits, or 1 to 255 bytes of text. */
  readonly key: number | string;
  /** The value's CBOR, exactly as received. */
  readonly value: Uint8Array;
}

export interface MimiContent {
  /** 16 random bytes. */
  readonly salt: Uint8Array;
  /** The message that this one edits, deletes or withdraws. */
  readonly replaces?: MessageId;
  /** Empty outside a thread. */
  readonly topicId: Uint8Array;
  readonly expires?: Expiration;
  readonly inReplyTo?: MessageId;
  readonly senderUri?: string;
  readonly roomUri?: string;
  /** In any order; encoded sorted. */
  readonly unknownExtensions: readonly UnknownExtension[];
  readonly body: NestedPart;
}

const fieldCount = 7;
const extensionKeys = { senderUri: 1, roomUri: 2 } as const;
const uint32Max = 0xffff_ffff;

/** Brands 32 bytes. Throws `ERR_CONTENT` at any other length. */
export function asMessageId(bytes: Uint8Array): MessageId {
  if (bytes.length !== messageIdBytes) throw malformed(`a message id is ${messageIdBytes} bytes`);
  return bytes as MessageId;
}

/** Encodes, and checks the result as a recipient will: what is wrong or too large throws `ERR_CONTENT` here. */
export function encodeMimi(content: MimiContent): Uint8Array {
  const bytes = encodeCbor([
    content.salt,
    content.replaces ?? null,
    content.topicId,
    content.expires === undefined ? null : [content.expires.isRelative, content.expires.seconds],
    content.inReplyTo ?? null,
    extensionMap(content),
    partToCbor(content.body),
  ]);
  decodeMimi(bytes);
  return bytes;
}

function extensionMap(content: MimiContent): Map<number | string, unknown> {
  const map = new Map<number | string, unknown>();
  if (content.senderUri !== undefined) map.set(extensionKeys.senderUri, content.senderUri);
  if (content.roomUri !== undefined) map.set(extensionKeys.roomUri, content.roomUri);
  for (const { key, value } of content.unknownExtensions) {
    if (map.has(key)) throw malformed("an extension appears twice");
    map.set(key, new RawCbor(value));
  }
  return map;
}

/** Decodes one content. Byte strings in the result are views into `bytes`. */
export function decodeMimi(bytes: Uint8Array): MimiContent {
  const reader = new CborReader(bytes, contentLimits.contentBytesMax);
  if (reader.array(fieldCount) !== fieldCount) throw malformed(`a content has ${fieldCount} fields`);
  const salt = reader.fixed(saltBytes);
  const replaces = reader.nullable(() => asMessageId(reader.fixed(messageIdBytes)));
  const topicId = reader.bytes(contentLimits.nameBytesMax);
  const expires = reader.nullable(() => readExpiration(reader));
  const inReplyTo = reader.nullable(() => asMessageId(reader.fixed(messageIdBytes)));
  const extensions = readExtensions(reader);
  const body = readBody(reader);
  reader.end();
  return {
    salt,
    topicId,
    body,
    ...extensions,
    ...(replaces && { replaces }),
    ...(expires && { expires }),
    ...(inReplyTo && { inReplyTo }),
  };
}

function readExpiration(reader: CborReader): Expiration {
  if (reader.array(2) !== 2) throw malformed("an expiration has two fields");
  return { isRelative: reader.bool(), seconds: reader.uint(uint32Max) };
}

type Extensions = Pick<MimiContent, "senderUri" | "roomUri" | "unknownExtensions">;

function readExtensions(reader: CborReader): Extensions {
  const count = reader.map(contentLimits.extensionsMax);
  const known: { senderUri?: string; roomUri?: string } = {};
  const unknownExtensions: UnknownExtension[] = [];
  let previous: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const { key, encoded } = reader.key(contentLimits.extensionKeyBytesMax);
    if (previous && compareBytes(previous, encoded) >= 0) throw malformed("extensions are unsorted or doubled");
    previous = encoded;
    if (key === extensionKeys.senderUri) known.senderUri = reader.text(contentLimits.uriBytesMax);
    else if (key === extensionKeys.roomUri) known.roomUri = reader.text(contentLimits.uriBytesMax);
    else unknownExtensions.push({ key, value: readUnknown(reader) });
  }
  return { ...known, unknownExtensions };
}

function readUnknown(reader: CborReader): Uint8Array {
  return reader.raw({
    bytesMax: contentLimits.extensionValueBytesMax,
    depthMax: contentLimits.extensionDepthMax,
  });
}

/** Bytewise lexicographic order (RFC 8949 §4.2.1). */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
