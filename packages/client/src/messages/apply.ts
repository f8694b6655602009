/**
 * What a content does to what people see. One function for messages from the log, from this person's own
 * hand and from history; its rules:
 *
 * 1. A content has its effect once, whatever brings it and however often (table `contents`).
 * 2. Only its author edits or deletes a message, and takes back a reaction.
 * 3. Deleted stays deleted; an edit or a deletion that comes before its message waits for it. So does taking back a
 *    reaction, which a history may bring later.
 * 4. States of own messages only rise: sent, delivered, read.
 * 5. Of several edits the last in the log counts, in whatever order they come. An own one shows at once, and takes
 *    its place among the others when the log brings it back.
 */
import { toHex } from "@rempart/protocol";
import type { ChatContent, ReadMessage, Receipt } from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import type { ChatRow } from "../store/chats.ts";
import type { MessageChange } from "../store/contents.ts";
import type { MessageRow } from "../store/messages.ts";
import { orderOf, placeOwn } from "./place.ts";

export interface ReceivedContent {
  readonly log: string;
  /** 0 while it is queued on this device. */
  readonly seq: number;
  readonly at: number;
  /** Account and device that said it; the device is not known of history. */
  readonly sender: string;
  readonly senderDevice?: string;
  readonly read: ReadMessage;
  /** Encoded MIMI content. */
  readonly content: Uint8Array;
  /** False for history: no receipt is owed, nothing is asked or answered. */
  readonly isLive: boolean;
}

/** Call it in a transaction. */
export function applyContent(engine: Engine, received: ReceivedContent, changes: Changes): void {
  const { chat } = received.read;
  switch (chat.kind) {
    case "receipt":
      applyReceipt(engine, received, chat, changes);
      break;
    case "profile":
      engine.selfSync.applyProfile(received.sender, chat, changes);
      break;
    case "sync":
      engine.selfSync.apply(received, chat, changes);
      break;
    case "history-request":
    case "history-answer":
      break;
    default:
      applySpeech(engine, received, chat, changes);
  }
}

type OfKind<K extends ChatContent["kind"]> = Extract<ChatContent, { kind: K }>;
type Body = OfKind<"text" | "attachment" | "unsupported">;
type Speech = Body | OfKind<"edit" | "delete" | "reaction" | "unreact">;

/** What people say, and what they do to what they have said. */
function applySpeech(engine: Engine, received: ReceivedContent, chat: Speech, changes: Changes): void {
  const row = engine.tables.chats.get(received.log);
  if (row === undefined) return;
  if (!remember(engine, received)) {
    placeQueued(engine, received, changes);
    return;
  }
  const context = { engine, received, row, changes };
  switch (chat.kind) {
    case "edit":
    case "delete":
      change(context, chat);
      break;
    case "reaction":
      react(context, chat);
      break;
    case "unreact":
      takeBack(context, toHex(chat.replaces));
      changes.message(toHex(chat.target));
      break;
    default:
      addMessage(context, chat);
  }
}

interface Context {
  readonly engine: Engine;
  readonly received: ReceivedContent;
  readonly row: ChatRow;
  readonly changes: Changes;
}

function remember(engine: Engine, { log, seq, at, sender, read, content }: ReceivedContent): boolean {
  return engine.tables.contents.add({ message: toHex(read.messageId), log, seq, at, sender, content });
}

/**
 * The log shows what this device still has in its queue: it had sent it before a backup was restored, sealed in another
 * way. It is out, and others may be told of it.
 */
function placeQueued(engine: Engine, received: ReceivedContent, changes: Changes): void {
  const queued = engine.tables.outbox.byMessage(toHex(received.read.messageId));
  if (queued === undefined || queued.log !== received.log) return;
  // Of a log that nobody can read any more a history is all there is; and it has what could not be known otherwise.
  if (received.senderDevice === undefined && engine.groups.successor(received.log) === undefined) return;
  engine.tables.outbox.remove(queued.id);
  placeOwnChange(engine, received, changes);
  placeOwn(engine, queued, { seq: received.seq, at: received.at }, changes);
}

function addMessage(context: Context, chat: Body): void {
  const { engine, received, row, changes } = context;
  const { messages, chats, receipts } = engine.tables;
  const message = toHex(received.read.messageId);
  const isOwn = received.sender === engine.own().account;
  const isQueued = received.seq === 0;
  const shown = row.shownAs ?? row.chat;
  const base: Omit<MessageRow, "kind" | "text" | "detail"> = {
    message,
    chat: shown,
    log: received.log,
    seq: received.seq,
    order: isQueued ? messages.nextQueuedOrder() : orderOf(row, received.seq),
    sender: received.sender,
    at: received.at,
    state: isQueued ? "queued" : "sent",
    ...(chat.inReplyTo && { replyTo: toHex(chat.inReplyTo) }),
    isDeleted: false,
    isOwn,
  };
  messages.add({ ...base, ...bodyOf(chat) });
  applyWaiting(context, message);
  chats.touch(shown, received.at);
  if (row.isDeleted) chats.setDeleted(row.chat, false);
  changes.message(message, true);
  changes.chat(shown);
  if (!isOwn && received.isLive && engine.receipts.isWanted(row)) {
    receipts.owe({ message, log: received.log, state: "delivered" });
  }
}

function bodyOf(chat: Body): Pick<MessageRow, "kind" | "text" | "detail"> {
  switch (chat.kind) {
    case "text":
      return { kind: "text", text: chat.text, detail: {} };
    case "unsupported":
      return { kind: "unsupported", text: chat.fallback, detail: {} };
    case "attachment": {
      const { filename, contentType, size, blob } = chat;
      const file = { name: filename, type: contentType, size, blob };
      return { kind: "file", text: chat.description, detail: { file } };
    }
  }
}

/** A message of which another member only knows that it was deleted. Call it in a transaction. */
export function applyTombstone(
  engine: Engine,
  gone: Omit<ReceivedContent, "read" | "content"> & { readonly message: string },
  changes: Changes,
): void {
  const { chats, contents, messages } = engine.tables;
  const { log, seq, at, sender, message } = gone;
  const row = chats.get(log);
  const isNew = row !== undefined && contents.add({ message, log, seq, at, sender, content: new Uint8Array() });
  if (!isNew) return;
  const shown = row.shownAs ?? row.chat;
  messages.add({
    message,
    chat: shown,
    log,
    seq,
    order: orderOf(row, seq),
    sender,
    at,
    state: "sent",
    kind: "text",
    text: "",
    isDeleted: true,
    isOwn: sender === engine.own().account,
    detail: {},
  });
  changes.message(message, true);
  changes.chat(shown);
}

function change(context: Context, chat: OfKind<"edit" | "delete">): void {
  const { engine, received, row } = context;
  const target = toHex(chat.target);
  const text = chat.kind === "edit" ? chat.text : "";
  const author = engine.tables.messages.get(target)?.sender;
  if (author !== undefined && author !== received.sender) return;
  const { sender, at, seq } = received;
  const isQueued = seq === 0;
  const made: MessageChange = { target, sender, seq: orderOf(row, seq), kind: chat.kind, text, at };
  if (isQueued || engine.tables.contents.addChange(made)) show(context, made);
}

/** An own edit or deletion has come back from the log. Call it in a transaction. */
export function placeOwnChange(engine: Engine, received: ReceivedContent, changes: Changes): void {
  const { chat } = received.read;
  const row = engine.tables.chats.get(received.log);
  if (row === undefined || (chat.kind !== "edit" && chat.kind !== "delete")) return;
  change({ engine, received, row, changes }, chat);
}

/** Carries out the latest edit or deletion of a message that has just come. */
function applyWaiting(context: Context, message: string): void {
  const waiting = context.engine.tables.contents.change(message, context.received.sender);
  if (waiting !== undefined) show(context, waiting);
}

function show({ engine, changes }: Context, { target, kind, text, at }: MessageChange): void {
  const { messages, contents } = engine.tables;
  const message = messages.get(target);
  if (message === undefined || message.isDeleted) return;
  if (kind === "delete") {
    messages.delete(target);
    contents.erase(target);
    engine.tables.receipts.settle(target);
    engine.tables.uploads.removeOf(target);
  } else messages.edit(target, text, at);
  changes.message(target);
  changes.chat(message.chat);
}

function react(context: Context, chat: OfKind<"reaction">): void {
  const { engine, received, row, changes } = context;
  const { messages, contents } = engine.tables;
  const target = toHex(chat.target);
  if (messages.get(target)?.isDeleted === true) return;
  if (chat.replaces !== undefined) takeBack(context, toHex(chat.replaces));
  const message = toHex(received.read.messageId);
  if (contents.change(message, received.sender) !== undefined) return;
  const reaction = { target, account: received.sender, emoji: chat.reaction, message };
  messages.react(row.shownAs ?? row.chat, reaction, orderOf(row, received.seq));
  changes.message(target);
}

/** A reaction is taken back by its own id, for good: it may not be here yet. */
function takeBack({ engine, received, row }: Context, reaction: string): void {
  const { sender, at } = received;
  const seq = orderOf(row, received.seq);
  engine.tables.messages.unreact(reaction, sender);
  engine.tables.contents.addChange({ target: reaction, sender, seq, kind: "delete", text: "", at });
}

const rank = { queued: 0, failed: 0, sent: 1, delivered: 2, read: 3 } as const;

function applyReceipt(engine: Engine, received: ReceivedContent, receipt: Receipt, changes: Changes): void {
  const { messages } = engine.tables;
  if (received.sender === engine.own().account) return;
  for (const id of receipt.messageIds) {
    const message = toHex(id);
    const row = messages.get(message);
    if (row === undefined || !row.isOwn || row.log !== received.log || row.seq === 0) continue;
    if (rank[row.state] >= rank[receipt.state]) continue;
    messages.setState(message, receipt.state);
    changes.message(message);
  }
}
