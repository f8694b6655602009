/**
 * What the client understands of a MIMI content: a small closed union. {@link buildBody} writes it,
 * {@link parseChatContent} reads whatever members sent: what it does not understand, however strange, is
 * `unsupported` with the best text to show instead.
 */
import { ascii } from "../bytes.ts";
import { SessionError } from "../errors.ts";
import type { BlobReference } from "../types.ts";
import { blobUrl, parseBlobUrl } from "./blob-url.ts";
import { malformed } from "./cbor.ts";
import { fallbackText, utf8Text } from "./fallback.ts";
import { contentLimits } from "./limits.ts";
import type { MessageId, MimiContent } from "./mimi.ts";
import { disposition, type ExternalPart, type NestedPart, partSemantics, type SinglePart } from "./mimi-part.ts";
import { decodeOwn, encodeOwn, type OwnContent, ownTypeOf } from "./own-content.ts";

/** A message of text, or a reply to another. */
export interface TextContent {
  readonly kind: "text";
  /** 1 to 16,384 bytes of UTF-8. */
  readonly text: string;
  /** Markdown as GFM-MIMI defines it; what is plain must not be interpreted. */
  readonly format: "markdown" | "plain";
  readonly inReplyTo?: MessageId;
}

export interface ReactionContent {
  readonly kind: "reaction";
  readonly target: MessageId;
  /** 1 to 64 bytes of UTF-8. */
  readonly reaction: string;
  /** The author's earlier reaction that this one takes the place of. */
  readonly replaces?: MessageId;
}

/** Takes a reaction back. */
export interface UnreactContent {
  readonly kind: "unreact";
  readonly target: MessageId;
  /** The reaction's own message id. */
  readonly replaces: MessageId;
}

/** Gives a text message, which `target` names, a new text. */
export interface EditContent {
  readonly kind: "edit";
  readonly target: MessageId;
  readonly text: string;
  readonly format: "markdown" | "plain";
}

/** Deletes a message for everyone. */
export interface DeleteContent {
  readonly kind: "delete";
  readonly target: MessageId;
}

export interface AttachmentContent {
  readonly kind: "attachment";
  readonly blob: BlobReference;
  /** At most 255 bytes of UTF-8. As its sender chose it: never a path to write to. */
  readonly filename: string;
  /** Plaintext bytes, as its sender states them. */
  readonly size: number;
  readonly contentType: string;
  /** A caption, or empty. */
  readonly description: string;
  readonly inReplyTo?: MessageId;
}

/** Something newer, foreign or damaged. */
export interface UnsupportedContent {
  readonly kind: "unsupported";
  /** Text to show in its place; may be empty. */
  readonly fallback: string;
  readonly inReplyTo?: MessageId;
}

/** What can be sent. */
export type OutgoingContent =
  | TextContent
  | ReactionContent
  | UnreactContent
  | EditContent
  | DeleteContent
  | AttachmentContent
  | OwnContent;

/** What can be received. */
export type ChatContent = OutgoingContent | UnsupportedContent;

const textTypes = { markdown: "text/markdown;variant=GFM-MIMI", plain: "text/plain;charset=utf-8" } as const;
const aes256Gcm = 2;
const sha256Number = 1;
/** Nonces and additional data follow from the position of a chunk in its blob: they are not stated. */
const none = new Uint8Array();

/** The part of a MIMI content that says what it is; `mimi.ts` adds salt, thread and expiry. */
export type ContentBody = Pick<MimiContent, "body" | "replaces" | "inReplyTo">;

/** Throws `ERR_CONTENT` when a text is empty or something is above its limit. */
export function buildBody(content: OutgoingContent): ContentBody {
  switch (content.kind) {
    case "text":
      return { body: textPart(content), ...replyTo(content.inReplyTo) };
    case "edit":
      return { body: textPart(content), replaces: content.target };
    case "delete":
      return { body: nullPart(disposition.render), replaces: content.target };
    case "reaction": {
      const bytes = boundedText(content.reaction, contentLimits.reactionBytesMax);
      const body = singlePart(disposition.reaction, textTypes.plain, bytes);
      return { body, inReplyTo: content.target, ...(content.replaces && { replaces: content.replaces }) };
    }
    case "unreact":
      return { body: nullPart(disposition.reaction), replaces: content.replaces, inReplyTo: content.target };
    case "attachment":
      return { body: attachmentPart(content), ...replyTo(content.inReplyTo) };
    default:
      return { body: singlePart(disposition.unspecified, ownTypeOf(content), encodeOwn(content)) };
  }
}

function replyTo(inReplyTo: MessageId | undefined): { inReplyTo?: MessageId } {
  return inReplyTo === undefined ? {} : { inReplyTo };
}

function nullPart(use: number): NestedPart {
  return { cardinality: "null", disposition: use, language: "" };
}

function singlePart(use: number, contentType: string, content: Uint8Array): SinglePart {
  return { cardinality: "single", disposition: use, language: "", contentType, content };
}

function textPart({ text, format }: Pick<TextContent, "text" | "format">): SinglePart {
  return singlePart(disposition.render, textTypes[format], boundedText(text, contentLimits.textBytesMax));
}

function boundedText(text: string, bytesMax: number): Uint8Array {
  if (!text.isWellFormed()) throw malformed("a text is not well-formed Unicode");
  const bytes = ascii(text);
  if (bytes.length === 0 || bytes.length > bytesMax) throw malformed(`a text is 1 to ${bytesMax} bytes`);
  return bytes;
}

function attachmentPart(content: AttachmentContent): ExternalPart {
  const { blob, size, contentType, description, filename } = content;
  return {
    cardinality: "external",
    disposition: disposition.attachment,
    language: "",
    contentType,
    url: blobUrl(blob),
    expires: 0,
    size,
    encAlg: aes256Gcm,
    key: blob.key,
    nonce: none,
    aad: none,
    hashAlg: sha256Number,
    contentHash: blob.hash,
    description,
    filename,
  };
}

/** Never throws. */
export function parseChatContent(mimi: MimiContent): ChatContent {
  return parsePart(mimi, mimi.body) ?? { kind: "unsupported", fallback: fallbackText(mimi.body), ...reply(mimi) };
}

function reply({ inReplyTo }: MimiContent): { inReplyTo?: MessageId } {
  return replyTo(inReplyTo);
}

function parsePart(mimi: MimiContent, part: NestedPart): ChatContent | undefined {
  switch (part.cardinality) {
    case "null":
      return parseNull(mimi, part.disposition);
    case "single":
      return parseSingle(mimi, part);
    case "external":
      return mimi.replaces ? undefined : parseAttachment(mimi, part);
    case "multi":
      if (part.semantics !== partSemantics.chooseOne) return undefined;
      return firstDefined(part.parts, (alternative) => parsePart(mimi, alternative));
  }
}

/** The draft leaves the choice to the receiver: the first alternative that is understood. */
function firstDefined<T, U>(values: readonly T[], map: (value: T) => U | undefined): U | undefined {
  for (const value of values) {
    const mapped = map(value);
    if (mapped !== undefined) return mapped;
  }
  return undefined;
}

function parseNull({ replaces, inReplyTo }: MimiContent, use: number): ChatContent | undefined {
  if (replaces === undefined) return undefined;
  if (use !== disposition.reaction) return { kind: "delete", target: replaces };
  return inReplyTo && { kind: "unreact", target: inReplyTo, replaces };
}

function parseSingle(mimi: MimiContent, part: SinglePart): ChatContent | undefined {
  if (part.disposition === disposition.reaction) return parseReaction(mimi, part);
  const format = textFormat(part.contentType);
  if (format === undefined) return parseOwn(part);
  const text = utf8Text(part.content, contentLimits.textBytesMax);
  if (text === undefined || text === "" || part.disposition !== disposition.render) return undefined;
  if (mimi.replaces) return { kind: "edit", target: mimi.replaces, text, format };
  return { kind: "text", text, format, ...reply(mimi) };
}

function parseReaction({ replaces, inReplyTo }: MimiContent, part: SinglePart): ChatContent | undefined {
  const reaction = utf8Text(part.content, contentLimits.reactionBytesMax);
  if (!inReplyTo || !reaction || textFormat(part.contentType) === undefined) return undefined;
  return { kind: "reaction", target: inReplyTo, reaction, ...(replaces && { replaces }) };
}

/** Other variants of Markdown are shown as what they are: text. */
function textFormat(contentType: string): "markdown" | "plain" | undefined {
  if (contentType === textTypes.markdown) return "markdown";
  return /^text\/(plain|markdown)(;|$)/i.test(contentType) ? "plain" : undefined;
}

function parseOwn(part: SinglePart): OwnContent | undefined {
  try {
    return decodeOwn(part.contentType, part.content);
  } catch (error) {
    // A member's damaged receipt must not stop the conversation; what it was is not worth showing.
    if (error instanceof SessionError) return undefined;
    throw error;
  }
}

function parseAttachment(mimi: MimiContent, part: ExternalPart): AttachmentContent | undefined {
  const address = parseBlobUrl(part.url);
  const { key, nonce, aad, contentHash: hash, size, contentType, description, filename } = part;
  const isOurs = part.encAlg === aes256Gcm && part.hashAlg === sha256Number;
  const isSound = key.length === 32 && hash.length === 32 && nonce.length === 0 && aad.length === 0;
  if (!address || !isOurs || !isSound) return undefined;
  return {
    kind: "attachment",
    blob: { ...address, key, hash },
    size,
    contentType,
    description,
    filename,
    ...reply(mimi),
  };
}
