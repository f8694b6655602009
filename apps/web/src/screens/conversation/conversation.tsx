/** One conversation: who it is with, what was said, and the place to write. */
import { type DragEvent, useEffect, useMemo, useState } from "react";
import { useAppState, useModel } from "../../app/context.ts";
import { useStore } from "../../app/store.ts";
import { Composer } from "./composer.tsx";
import { ConversationHeader } from "./conversation-header.tsx";
import { MessageList } from "./message-list.tsx";

export function Conversation({ chat }: { readonly chat: string }) {
  const app = useModel();
  const model = useMemo(() => app.conversation(chat), [app, chat]);
  const detail = useStore(model.state, (state) => state.detail);
  const view = useAppState((state) => state.chats?.find((each) => each.chat === chat)) ?? detail;
  const [dropped, setDropped] = useState<readonly File[]>([]);
  useEffect(() => {
    model.opened(app.state.value.chats?.find((each) => each.chat === chat)?.unread ?? 0);
    return () => model.closed();
  }, [app, model, chat]);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setDropped([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping a file has a button that does the same.
    <div className="conversation" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <ConversationHeader chat={chat} view={view} detail={detail} />
      <MessageList model={model} isGroup={view?.kind === "group"} />
      <Composer model={model} isActive={view?.isActive !== false} dropped={dropped} />
    </div>
  );
}
