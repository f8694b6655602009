/** Lines of JSON that `--json` promises. Fields stay; more may come. */
import type { ChatView, MessageView, SentView } from "@rempart/client";

/** One line of `history` and `listen`: a message, or what happened to a group. */
export function messageLine(view: MessageView): Readonly<Record<string, unknown>> {
  const { message, chat, from, name, text, at, state, seq, order, isOwn, isDeleted } = view;
  if (view.notice !== undefined)
    return { event: "notice", message, chat, from, name, at, seq, order, notice: view.notice };
  return {
    event: "message",
    message,
    chat,
    from,
    name,
    text,
    at,
    state,
    seq,
    order,
    own: isOwn,
    deleted: isDeleted,
    ...(view.editedAt === undefined ? {} : { editedAt: view.editedAt }),
    ...(view.replyTo === undefined ? {} : { replyTo: view.replyTo.message }),
    ...(view.reactions.length === 0 ? {} : { reactions: view.reactions }),
    ...(view.file === undefined ? {} : { file: view.file }),
    ...(view.error === undefined ? {} : { error: view.error }),
  };
}

export function chatLine({ chat, title, unread, kind, at, isActive }: ChatView): object {
  return { chat, title, unread, kind, at, active: isActive };
}

export function sentLine({ message, chat, seq }: SentView): object {
  return { message, chat, seq };
}
