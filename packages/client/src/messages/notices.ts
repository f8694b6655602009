/** What happened to a group, between messages. */
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import type { StoredNotice } from "../store/messages.ts";
import { orderOf } from "./place.ts";

export interface NewNotice {
  readonly log: string;
  /** The entry that brought it about. */
  readonly seq: number;
  readonly at: number;
  /** Tells notices of one entry apart. */
  readonly index: number;
  readonly notice: StoredNotice;
  /** Accounts that are members behind it, where this device has not read how they became so. */
  readonly members?: readonly string[];
}

/** Notices of one entry stand after it and before the next. At most 15 per entry are shown. */
export function addNotice(engine: Engine, { log, seq, at, index, notice, members }: NewNotice, changes: Changes): void {
  const { chats, messages } = engine.tables;
  const chat = chats.get(log);
  if (chat === undefined || index > 14) return;
  const message = `${log}${seq.toString(16).padStart(14, "0")}0${index.toString(16)}`;
  const shown = chat.shownAs ?? chat.chat;
  const isNew = messages.add({
    message,
    chat: shown,
    log,
    seq,
    order: orderOf(chat, seq) + (index + 1) / 16,
    sender: engine.own().account,
    at,
    state: "sent",
    kind: "notice",
    text: "",
    isDeleted: false,
    isOwn: false,
    detail: { notice, ...(members && { members }) },
  });
  if (isNew) changes.message(message, true);
  chats.touch(shown, at);
  changes.chat(shown);
}
