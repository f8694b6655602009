/** From rows to what screens show of a message. */
import type { FileView, MessageView, NoticeView, ReactionView } from "../api.ts";
import type { Engine } from "../engine/engine.ts";
import type { MessageRow, StoredNotice } from "../store/messages.ts";
import { nameOf } from "./names.ts";

/** Characters of a message that a reply quotes. */
const quotedLengthMax = 140;

export function messageView(engine: Engine, row: MessageRow): MessageView {
  const { message, chat, seq, sender, isOwn, text, at, state, isDeleted, order } = row;
  const quoted = quoteOf(engine, row);
  const file = fileOf(engine, row);
  const { notice } = row.detail;
  return {
    message,
    chat,
    seq,
    from: sender,
    name: nameOf(engine, sender),
    isOwn,
    text,
    at,
    state,
    ...(row.error !== undefined && { error: row.error }),
    ...(row.editedAt !== undefined && { editedAt: row.editedAt }),
    isDeleted,
    ...(quoted && { replyTo: quoted }),
    reactions: reactionsOf(engine, message),
    ...(file && { file }),
    ...(notice && { notice: noticeOf(engine, notice) }),
    order,
  };
}

function quoteOf(engine: Engine, { replyTo }: MessageRow): MessageView["replyTo"] {
  if (replyTo === undefined) return undefined;
  const target = engine.tables.messages.get(replyTo);
  if (target === undefined) return { message: replyTo, name: "", text: "" };
  const text = target.text === "" ? (target.detail.file?.name ?? "") : target.text;
  return { message: replyTo, name: nameOf(engine, target.sender), text: text.slice(0, quotedLengthMax) };
}

function reactionsOf(engine: Engine, message: string): readonly ReactionView[] {
  const views = new Map<string, { emoji: string; count: number; own: boolean; names: string[] }>();
  for (const { account, emoji } of engine.tables.messages.reactions(message)) {
    const view = views.get(emoji) ?? { emoji, count: 0, own: false, names: [] };
    view.count++;
    view.own ||= account === engine.identity?.account;
    view.names.push(nameOf(engine, account));
    views.set(emoji, view);
  }
  return [...views.values()];
}

function fileOf(engine: Engine, { message, detail }: MessageRow): FileView | undefined {
  if (detail.file === undefined) return undefined;
  const { name, type, size } = detail.file;
  const transferred = engine.tables.uploads.ofMessage(message)?.stored ?? engine.downloads.progress(message);
  // What travels is sealed and padded; a person counts the bytes of the file.
  const shown = transferred === undefined ? undefined : Math.min(size, transferred);
  return {
    name,
    type,
    size,
    ...(shown !== undefined && { transferred: shown }),
    isLocal: engine.tables.files.has(message),
  };
}

function noticeOf(engine: Engine, notice: StoredNotice): NoticeView {
  if (!("accounts" in notice)) return notice;
  const { accounts, ...rest } = notice;
  return { ...rest, names: accounts.map((account) => nameOf(engine, account)) } as NoticeView;
}
