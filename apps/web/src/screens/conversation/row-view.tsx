/** One row of the list, whatever it is. */
import { memo, type ReactNode } from "react";
import { useFormats, useText } from "../../app/context.ts";
import type { ConversationModel } from "../../app/conversation-model.ts";
import type { MessageMenuRequest } from "./message-menu.tsx";
import { MessageRow } from "./message-row.tsx";
import { noticeText } from "./notice-text.ts";
import type { Row } from "./rows.ts";

export interface RowViewProps {
  readonly row: Row;
  readonly model: ConversationModel;
  readonly isGroup: boolean;
  readonly isDeleting: boolean;
  readonly isInTabOrder: boolean;
  readonly onFocus: (key: string) => void;
  readonly onMenu: (request: MessageMenuRequest) => void;
}

export const RowView = memo(function RowView(props: RowViewProps): ReactNode {
  const { row } = props;
  switch (row.kind) {
    case "day":
      return <DaySeparator at={row.at} />;
    case "unread":
      return <UnreadSeparator />;
    case "notice":
      return <Notice row={row} />;
    case "message":
      return <MessageRow {...props} row={row} />;
  }
}, isSame);

/** Rows are made anew whenever a message changes; most of them say the same as before. */
function isSame(before: RowViewProps, after: RowViewProps): boolean {
  const { row: a, ...propsBefore } = before;
  const { row: b, ...propsAfter } = after;
  const keys = Object.keys(propsAfter) as (keyof typeof propsAfter)[];
  if (keys.some((key) => propsBefore[key] !== propsAfter[key])) return false;
  if (a.kind === "message" && b.kind === "message") {
    return a.message === b.message && a.isFirst === b.isFirst && a.isLast === b.isLast;
  }
  return (
    a.key === b.key && a.kind === b.kind && (a.kind !== "notice" || b.kind !== "notice" || a.message === b.message)
  );
}

function DaySeparator({ at }: { readonly at: number }) {
  const formats = useFormats();
  return (
    // biome-ignore lint/a11y/useSemanticElements: see message-list.tsx.
    <div className="day" role="listitem">
      <time dateTime={new Date(at).toISOString()}>{formats.day(at, Date.now())}</time>
    </div>
  );
}

function UnreadSeparator() {
  const text = useText();
  return (
    // biome-ignore lint/a11y/useSemanticElements: see message-list.tsx.
    <div className="unread-line" role="listitem">
      {text.unreadMessages}
    </div>
  );
}

function Notice({ row }: { readonly row: Extract<Row, { kind: "notice" }> }) {
  const text = useText();
  return (
    // biome-ignore lint/a11y/useSemanticElements: see message-list.tsx.
    <div className="notice" role="listitem">
      {noticeText(text, row.notice, row.message)}
    </div>
  );
}
