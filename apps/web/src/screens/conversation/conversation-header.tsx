/** The top of a conversation; its name opens the contact's or the group's page. */
import type { ChatDetailView, ChatView } from "@rempart/client";
import { useModel, useText } from "../../app/context.ts";
import { Avatar } from "../../parts/avatar.tsx";
import { IconButton } from "../../parts/button.tsx";

export interface ConversationHeaderProps {
  readonly chat: string;
  readonly view: ChatView | undefined;
  readonly detail: ChatDetailView | undefined;
}

export function ConversationHeader({ chat, view, detail }: ConversationHeaderProps) {
  const text = useText();
  const model = useModel();
  const isGroup = view?.kind === "group";
  return (
    <header className="bar">
      <IconButton icon="back" label={text.back} onClick={() => model.router.back()} />
      <h1 className="visually-hidden">{view?.title ?? ""}</h1>
      <button type="button" className="bar-person" onClick={() => model.router.go({ name: "info", chat })}>
        <Avatar id={chat} name={view?.title ?? ""} size="small" isGroup={isGroup} />
        <span className="bar-person-text">
          <span className="bar-title">{view?.title ?? ""}</span>
          <span className="bar-subtitle">{subtitle()}</span>
        </span>
        <span className="visually-hidden">{isGroup ? text.group.title : text.contact.title}</span>
      </button>
    </header>
  );

  function subtitle(): string {
    if (detail === undefined) return "";
    if (!detail.isActive) return text.inactive;
    return isGroup ? text.members(detail.members.length) : text.encrypted;
  }
}
