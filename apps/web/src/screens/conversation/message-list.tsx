/** The messages, virtualised: only those near the window exist as elements. */
import { useMemo, useRef, useState } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { useText } from "../../app/context.ts";
import type { ConversationModel } from "../../app/conversation-model.ts";
import { useStore } from "../../app/store.ts";
import { dayNumber } from "../../i18n/formats.ts";
import { Icon } from "../../parts/icon.tsx";
import { MessageMenu, type MessageMenuRequest } from "./message-menu.tsx";
import { RowView } from "./row-view.tsx";
import { makeRows } from "./rows.ts";
import { useMessageFocus } from "./use-message-focus.ts";
import { useOlder } from "./use-older.ts";
import { useScrolling } from "./use-scrolling.ts";

export interface MessageListProps {
  readonly model: ConversationModel;
  readonly isGroup: boolean;
}

export function MessageList({ model, isGroup }: MessageListProps) {
  const text = useText();
  const { messages, unreadFrom, isLoaded, deleting } = useStore(model.state, (state) => state);
  const rows = useMemo(() => makeRows({ messages, unreadFrom, dayOf: dayNumber }), [messages, unreadFrom]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const [menu, setMenu] = useState<MessageMenuRequest>();
  const scrolling = useScrolling({ model, rows, scroller, list });
  const focus = useMessageFocus({ model, rows, list, scroller });
  const older = useOlder(model, list);
  const lastId = messages.at(-1)?.message;
  return (
    <div className="message-area">
      {/* biome-ignore lint/a11y/useSemanticElements: virtualised rows are absolutely placed, which a list element is not made for. */}
      <div
        ref={scroller}
        className="message-scroll"
        role="list"
        aria-label={text.messages}
        aria-busy={!isLoaded}
        onKeyDown={(event) => focus.move(event)}
      >
        <div className="message-spacer" />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          data={rows}
          shift={scrolling.isPrepending}
          keepMounted={focus.keepMounted}
          bufferSize={600}
          onScroll={older.near}
        >
          {(row) => (
            <RowView
              key={row.key}
              row={row}
              model={model}
              isGroup={isGroup}
              isDeleting={row.kind === "message" && deleting.has(row.key)}
              isInTabOrder={row.key === (focus.focused ?? lastId)}
              onFocus={focus.setFocused}
              onMenu={setMenu}
            />
          )}
        </Virtualizer>
        {isLoaded && messages.length === 0 ? <p className="notice">{text.firstMessageHint}</p> : null}
      </div>
      {scrolling.isAtEnd ? null : (
        <button type="button" className="to-end" aria-label={text.toEnd} title={text.toEnd} onClick={scrolling.toEnd}>
          <Icon name="down" />
          {scrolling.newCount > 0 ? (
            <span className="badge">
              <span aria-hidden="true">{scrolling.newCount}</span>
              <span className="visually-hidden">{text.unread(scrolling.newCount)}</span>
            </span>
          ) : null}
        </button>
      )}
      {menu === undefined ? null : <MessageMenu model={model} request={menu} onClose={() => setMenu(undefined)} />}
    </div>
  );
}
