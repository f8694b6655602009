/** The left pane: who there is to talk to. */
import { useMemo, useState } from "react";
import { useAppState, useModel, useRoute, useText } from "../../app/context.ts";
import { IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ChatRow } from "./chat-row.tsx";
import { ConnectionLine } from "./connection-line.tsx";
import { EmptyList } from "./empty-list.tsx";
import { filterChats } from "./filter-chats.ts";
import { moveInList } from "./move-in-list.ts";

export function ChatList() {
  const text = useText();
  const model = useModel();
  const chats = useAppState((state) => state.chats);
  const route = useRoute();
  const [filter, setFilter] = useState("");
  const [focused, setFocused] = useState<string>();
  const shown = useMemo(() => filterChats(chats ?? [], filter), [chats, filter]);
  const current = "chat" in route ? route.chat : undefined;
  const inTabOrder = [focused, current, shown[0]?.chat].find((id) => shown.some((chat) => chat.chat === id));
  const open = (chat: string) => {
    if (current === chat && route.name === "chat") return;
    if (route.name === "chats") model.router.go({ name: "chat", chat });
    else model.router.replace({ name: "chat", chat });
  };
  return (
    <div className="chat-list">
      <h1 className="visually-hidden">{text.chats}</h1>
      <header className="bar">
        <IconButton icon="settings" label={text.settings.title} onClick={() => model.router.go({ name: "settings" })} />
        <div className="search">
          <Icon name="search" size={18} />
          <input
            id="chat-search"
            type="search"
            placeholder={text.search}
            aria-label={text.search}
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && shown[0] !== undefined) open(shown[0].chat);
              if (event.key === "ArrowDown") moveInList(event, ".chat-row", 0);
              if (event.key === "Escape" && filter !== "") {
                event.preventDefault();
                setFilter("");
              }
            }}
          />
        </div>
        <IconButton icon="pencil" label={text.people.title} onClick={() => model.router.go({ name: "people" })} />
      </header>
      <ConnectionLine />
      <nav className="chat-rows" aria-label={text.chats}>
        {chats === undefined ? <LoadingRows /> : null}
        {chats !== undefined && shown.length === 0 ? <EmptyList isFiltered={filter !== ""} /> : null}
        <ul>
          {shown.map((chat) => (
            <ChatRow
              key={chat.chat}
              chat={chat}
              isCurrent={chat.chat === current}
              isInTabOrder={chat.chat === inTabOrder}
              onOpen={() => open(chat.chat)}
              onFocus={() => setFocused(chat.chat)}
            />
          ))}
        </ul>
      </nav>
    </div>
  );
}

function LoadingRows() {
  return (
    <div aria-hidden="true">
      {["a", "b", "c", "d"].map((key) => (
        <div key={key} className="chat-row-loading" />
      ))}
    </div>
  );
}
