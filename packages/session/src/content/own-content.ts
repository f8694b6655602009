/** Content types of our own, beside those of the draft: receipts, names, sync records, history. Deterministic CBOR. */
import { type AccountId, asId, idBytes } from "@rempart/protocol";
import { type CompactCard, cardBytes, decodeCard, encodeCard } from "../identity/card.ts";
import { CborReader, encodeCbor, malformed } from "./cbor.ts";
import { contentLimits } from "./limits.ts";
import { asMessageId, type MessageId, messageIdBytes } from "./mimi.ts";

export const ownTypes = {
  receipt: "application/vnd.rempart.receipt+cbor",
  profile: "application/vnd.rempart.profile+cbor",
  sync: "application/vnd.rempart.sync+cbor",
  history: "application/vnd.rempart.history+cbor",
} as const;

/** Tells that a device has stored, or a person has seen, these messages. */
export interface Receipt {
  readonly kind: "receipt";
  readonly state: "delivered" | "read";
  /** One to 256 ids. */
  readonly messageIds: readonly MessageId[];
}

/** What the author calls himself, for members who do not have him as a contact. */
export interface Profile {
  readonly kind: "profile";
  /** 1 to 512 bytes of UTF-8. */
  readonly name: string;
  /** How to reach the author outside the group. Whether it is the author's own is for the reader to check. */
  readonly card?: CompactCard;
}

/** Something that the devices of one account tell each other in their self group. */
export interface SyncRecord {
  readonly kind: "sync";
  /** 1 to 64 bytes of UTF-8; says what {@link body} is. */
  readonly type: string;
  /** Version of {@link type}'s body, 0 to 65,535. */
  readonly version: number;
  /** Opaque here. */
  readonly body: Uint8Array;
}

/** Inclusive on both sides. */
export interface SeqRange {
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** Asks members, or the account's own devices, for messages that this device could not open. */
export interface HistoryRequest {
  readonly kind: "history-request";
  /** 16 random bytes, repeated by every answer. */
  readonly requestId: Uint8Array;
  readonly messageIds: readonly MessageId[];
  readonly ranges: readonly SeqRange[];
  /** The group whose log is meant, 16 bytes; that in which it is asked unless stated. */
  readonly groupId?: Uint8Array;
}

/** A message as its first recipient opened it. */
export interface HistoryItem {
  readonly messageId: MessageId;
  readonly sender: AccountId;
  readonly seq: number;
  /** Milliseconds since the Unix epoch, by the server's clock. */
  readonly receivedAt: number;
  /** The encoded MIMI content. */
  readonly content: Uint8Array;
}

export interface HistoryAnswer {
  readonly kind: "history-answer";
  readonly requestId: Uint8Array;
  /** False when more answers to the same request follow from the same device. */
  readonly isLast: boolean;
  readonly items: readonly HistoryItem[];
}

export type OwnContent = Receipt | Profile | SyncRecord | HistoryRequest | HistoryAnswer;

const receiptStates = { delivered: 0, read: 1 } as const;
const historyKinds = { request: 0, answer: 1 } as const;
const requestIdBytes = 16;
const groupIdBytes = 16;
const versionMax = 0xffff;
const u53Max = Number.MAX_SAFE_INTEGER;

/** The media type that carries this content. */
export function ownTypeOf(content: OwnContent): string {
  if (content.kind === "receipt") return ownTypes.receipt;
  if (content.kind === "profile") return ownTypes.profile;
  return content.kind === "sync" ? ownTypes.sync : ownTypes.history;
}

/** Throws `ERR_CONTENT` for what no recipient would accept. */
export function encodeOwn(content: OwnContent): Uint8Array {
  const bytes = encodeCbor(ownToCbor(content));
  decodeOwn(ownTypeOf(content), bytes);
  return bytes;
}

function ownToCbor(content: OwnContent): readonly unknown[] {
  switch (content.kind) {
    case "receipt":
      return [receiptStates[content.state], content.messageIds];
    case "profile":
      return content.card === undefined ? [content.name] : [content.name, encodeCard(content.card)];
    case "sync":
      return [content.type, content.version, content.body];
    case "history-request": {
      const ranges = content.ranges.map(({ fromSeq, toSeq }) => [fromSeq, toSeq]);
      const { requestId, messageIds, groupId } = content;
      return [historyKinds.request, requestId, messageIds, ranges, ...(groupId === undefined ? [] : [groupId])];
    }
    case "history-answer":
      return [historyKinds.answer, content.requestId, content.isLast, content.items.map(itemToCbor)];
  }
}

function itemToCbor(item: HistoryItem): readonly unknown[] {
  return [item.messageId, item.sender, item.seq, item.receivedAt, item.content];
}

/** The content of one of {@link ownTypes}, or `undefined` for any other type. Throws `ERR_CONTENT`. */
export function decodeOwn(contentType: string, bytes: Uint8Array): OwnContent | undefined {
  const reader = new CborReader(bytes, contentLimits.contentBytesMax);
  const content = readOwn(contentType, reader);
  if (content !== undefined) reader.end();
  return content;
}

function readOwn(contentType: string, reader: CborReader): OwnContent | undefined {
  switch (contentType) {
    case ownTypes.receipt:
      return readReceipt(reader);
    case ownTypes.profile:
      return readProfile(reader);
    case ownTypes.sync:
      return readSync(reader);
    case ownTypes.history:
      return readHistory(reader);
    default:
      return undefined;
  }
}

function readReceipt(reader: CborReader): Receipt {
  readFields(reader, 2);
  const state = reader.uint(receiptStates.read) === receiptStates.read ? "read" : "delivered";
  const messageIds = readList(reader, contentLimits.receiptIdsMax, () => readMessageId(reader));
  if (messageIds.length === 0) throw malformed("a receipt for no message");
  return { kind: "receipt", state, messageIds };
}

function readProfile(reader: CborReader): Profile {
  const count = reader.array(2);
  if (count === 0) throw malformed("a profile without a name");
  const name = reader.text(contentLimits.profileNameBytesMax);
  if (name === "") throw malformed("a profile without a name");
  if (count === 1) return { kind: "profile", name };
  return { kind: "profile", name, card: decodeCard(reader.fixed(cardBytes)) };
}

function readSync(reader: CborReader): SyncRecord {
  readFields(reader, 3);
  const type = reader.text(contentLimits.syncTypeBytesMax);
  if (type === "") throw malformed("a sync record without a type");
  const version = reader.uint(versionMax);
  return { kind: "sync", type, version, body: reader.bytes(contentLimits.syncBodyBytesMax) };
}

function readHistory(reader: CborReader): HistoryRequest | HistoryAnswer {
  const count = reader.array(5);
  if (count < 4) throw malformed("expected 4 fields");
  const isRequest = reader.uint(historyKinds.answer) === historyKinds.request;
  const requestId = reader.fixed(requestIdBytes);
  if (isRequest) {
    const request = readRequest(reader, requestId);
    return count === 4 ? request : { ...request, groupId: reader.fixed(groupIdBytes) };
  }
  if (count !== 4) throw malformed("expected 4 fields");
  return readAnswer(reader, requestId);
}

function readRequest(reader: CborReader, requestId: Uint8Array): HistoryRequest {
  const messageIds = readList(reader, contentLimits.historyIdsMax, () => readMessageId(reader));
  const ranges = readList(reader, contentLimits.historyRangesMax, () => readRange(reader));
  if (messageIds.length + ranges.length === 0) throw malformed("a history request for nothing");
  return { kind: "history-request", requestId, messageIds, ranges };
}

function readRange(reader: CborReader): SeqRange {
  readFields(reader, 2);
  const range = { fromSeq: reader.uint(u53Max), toSeq: reader.uint(u53Max) };
  if (range.fromSeq > range.toSeq) throw malformed("a range that ends before it starts");
  return range;
}

function readAnswer(reader: CborReader, requestId: Uint8Array): HistoryAnswer {
  const isLast = reader.bool();
  const items = readList(reader, contentLimits.historyItemsMax, () => readItem(reader));
  const total = items.reduce((sum, item) => sum + item.content.length, 0);
  if (total > contentLimits.historyContentBytesMax) throw malformed("a history answer is too large");
  return { kind: "history-answer", requestId, isLast, items };
}

function readItem(reader: CborReader): HistoryItem {
  readFields(reader, 5);
  return {
    messageId: readMessageId(reader),
    sender: asId("AccountId", reader.fixed(idBytes.AccountId)),
    seq: reader.uint(u53Max),
    receivedAt: reader.uint(u53Max),
    content: reader.bytes(contentLimits.historyContentBytesMax),
  };
}

function readFields(reader: CborReader, count: number): void {
  if (reader.array(count) !== count) throw malformed(`expected ${count} fields`);
}

function readList<T>(reader: CborReader, countMax: number, read: () => T): T[] {
  const count = reader.array(countMax);
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  return values;
}

function readMessageId(reader: CborReader): MessageId {
  return asMessageId(reader.fixed(messageIdBytes));
}
