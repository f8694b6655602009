/** From rows to what lists and pages show of a chat. */
import type { ChatDetailView, ChatView, MemberView } from "../api.ts";
import { isPostQuantum } from "../devices/suites.ts";
import type { Engine } from "../engine/engine.ts";
import type { ChatRow } from "../store/chats.ts";
import { isGone } from "../store/logs.ts";
import { nameOf } from "./names.ts";

export function chatView(engine: Engine, row: ChatRow): ChatView {
  const { messages, logs } = engine.tables;
  const last = messages.last(row.chat);
  return {
    chat: row.chat,
    kind: row.kind,
    title: row.other === undefined ? row.title : nameOf(engine, row.other),
    unread: messages.unread(row.chat, row.readOrder),
    ...(last && {
      lastMessage: {
        name: nameOf(engine, last.sender),
        text: last.text === "" ? (last.detail.file?.name ?? "") : last.text,
        at: last.at,
        isOwn: last.isOwn,
      },
    }),
    at: row.lastAt,
    isActive: !isGone(logs.get(row.chat)?.state),
    postQuantum: isPostQuantum(row.suite),
    draft: row.draft,
  };
}

export function chatDetailView(engine: Engine, row: ChatRow): ChatDetailView {
  const own = engine.own().account;
  const members = row.group.members.map((member): MemberView => {
    const { account, role, devices } = member;
    return { account, name: nameOf(engine, account), role, isSelf: account === own, devices };
  });
  return {
    ...chatView(engine, row),
    members,
    permissions: row.group.permissions,
    ownRole: members.find((member) => member.isSelf)?.role ?? "member",
    warnings: engine.tables.chats.warnings(row.chat),
  };
}
