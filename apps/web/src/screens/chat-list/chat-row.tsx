/** One chat in the list. */
import type { ChatView } from "@rempart/client";
import { memo } from "react";
import { useFormats, useText } from "../../app/context.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { plainText } from "../../parts/plain-text.ts";
import { moveInList, targetOf } from "./move-in-list.ts";

export interface ChatRowProps {
  readonly chat: ChatView;
  readonly isCurrent: boolean;
  readonly isInTabOrder: boolean;
  onOpen(): void;
  onFocus(): void;
}

export const ChatRow = memo(
  function ChatRow({ chat, isCurrent, isInTabOrder, onOpen, onFocus }: ChatRowProps) {
    const text = useText();
    const formats = useFormats();
    return (
      <li>
        <button
          type="button"
          className="chat-row"
          aria-current={isCurrent ? "page" : undefined}
          data-chat={chat.chat}
          tabIndex={isInTabOrder ? 0 : -1}
          onClick={onOpen}
          onFocus={onFocus}
          onKeyDown={(event) => {
            const target = targetOf(event, ".chat-row");
            if (target !== undefined && !event.altKey) moveInList(event, ".chat-row", target);
          }}
        >
          <Avatar id={chat.chat} name={chat.title} isGroup={chat.kind === "group"} />
          <span className="chat-row-text">
            <span className="chat-row-line">
              <span className="chat-row-title">{chat.title}</span>
              <time className="chat-row-time" dateTime={new Date(chat.at).toISOString()}>
                {formats.listTime(chat.at, Date.now())}
              </time>
            </span>
            <span className="chat-row-line">
              <Preview chat={chat} />
              {chat.unread > 0 ? (
                <span className="badge">
                  <span aria-hidden="true">{chat.unread > 999 ? "999+" : chat.unread}</span>
                  <span className="visually-hidden">{text.unread(chat.unread)}</span>
                </span>
              ) : null}
            </span>
          </span>
        </button>
      </li>
    );
  },
  (before, after) =>
    before.chat === after.chat && before.isCurrent === after.isCurrent && before.isInTabOrder === after.isInTabOrder,
);

function Preview({ chat }: { readonly chat: ChatView }) {
  const text = useText();
  const { draft, lastMessage } = chat;
  if (draft !== "") {
    return (
      <span className="chat-row-preview">
        <span className="chat-row-draft">{text.draft}</span> {draft}
      </span>
    );
  }
  if (lastMessage === undefined) return <span className="chat-row-preview">{text.noMessages}</span>;
  const author = lastMessage.isOwn ? text.you : chat.kind === "group" ? lastMessage.name : undefined;
  return (
    <span className="chat-row-preview">
      {author === undefined ? null : <span className="chat-row-author">{text.said(author)} </span>}
      {lastMessage.text === "" ? text.deletedMessage : plainText(lastMessage.text)}
    </span>
  );
}
