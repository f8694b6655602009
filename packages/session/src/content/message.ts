/** From what a person writes to the bytes in an envelope, and back. */
import { type AccountId, type LogId, sameBytes } from "@rempart/protocol";
import type { CryptoProvider } from "../provider/provider.ts";
import { malformed } from "./cbor.ts";
import { buildBody, type ChatContent, type OutgoingContent, parseChatContent } from "./chat-content.ts";
import { accountUri, groupUri, messageIdOf } from "./message-id.ts";
import { decodeMimi, type Expiration, encodeMimi, type MessageId, saltBytes } from "./mimi.ts";
import type { HistoryItem } from "./own-content.ts";

/** Who says it, where: both as MLS states them, never as a content claims. */
export interface MessageContext {
  readonly sender: AccountId;
  readonly groupId: LogId;
}

export interface MessageOptions {
  readonly topicId?: Uint8Array;
  readonly expires?: Expiration;
  /** An encoded content that is said once more, in another room: its salt is used, so that it has one id there, however often. */
  readonly again?: Uint8Array;
}

export interface ComposedMessage {
  readonly messageId: MessageId;
  /** The encoded MIMI content, for the envelope and for local history. */
  readonly content: Uint8Array;
}

/** Encodes a message under a fresh salt, unless it is said again. Throws `ERR_CONTENT` when something is empty or too large. */
export async function composeMessage(
  crypto: CryptoProvider,
  context: MessageContext,
  outgoing: OutgoingContent,
  { topicId = new Uint8Array(), expires, again }: MessageOptions = {},
): Promise<ComposedMessage> {
  const salt = again === undefined ? crypto.entropy.randomBytes(saltBytes) : decodeMimi(again).salt;
  const mimi = { salt, topicId, unknownExtensions: [], ...buildBody(outgoing), ...(expires && { expires }) };
  const content = encodeMimi(mimi);
  return { messageId: await messageIdOf(crypto, { ...urisOf(context), content, salt }), content };
}

export interface ReadMessage {
  readonly messageId: MessageId;
  readonly chat: ChatContent;
  readonly topicId: Uint8Array;
  readonly expires?: Expiration;
}

/**
 * Decodes a received content. Throws `ERR_CONTENT` when it is malformed, or names another sender or
 * room than `context` does; content that is merely not understood is `unsupported`.
 */
export async function readMessage(
  crypto: CryptoProvider,
  context: MessageContext,
  content: Uint8Array,
): Promise<ReadMessage> {
  const mimi = decodeMimi(content);
  const { senderUri, roomUri } = urisOf(context);
  const isHonest = (mimi.senderUri ?? senderUri) === senderUri && (mimi.roomUri ?? roomUri) === roomUri;
  if (!isHonest) throw malformed("a content names another sender or room than the one it came from");
  const messageId = await messageIdOf(crypto, { senderUri, roomUri, content, salt: mimi.salt });
  const { topicId, expires } = mimi;
  return { messageId, chat: parseChatContent(mimi), topicId, ...(expires && { expires }) };
}

/**
 * Reads one message of a history answer. Throws `ERR_CONTENT` unless its content gives the id it is
 * listed under: so whoever answers can invent a message, but not change one whose id is known.
 */
export async function readHistoryItem(crypto: CryptoProvider, groupId: LogId, item: HistoryItem): Promise<ReadMessage> {
  const message = await readMessage(crypto, { sender: item.sender, groupId }, item.content);
  if (!sameBytes(message.messageId, item.messageId)) throw malformed("a message of a history answer has another id");
  return message;
}

function urisOf({ sender, groupId }: MessageContext): { senderUri: string; roomUri: string } {
  return { senderUri: accountUri(sender), roomUri: groupUri(groupId) };
}
