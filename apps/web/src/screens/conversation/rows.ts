/** What the message list is made of: messages, and the separators between them. Pure. */
import type { MessageView, NoticeView } from "@rempart/client";

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "unread"; readonly key: string }
  | { readonly kind: "notice"; readonly key: string; readonly message: MessageView; readonly notice: NoticeView }
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: MessageView;
      /** First and last of a run of messages by one author. */
      readonly isFirst: boolean;
      readonly isLast: boolean;
    };

export interface RowsInput {
  readonly messages: readonly MessageView[];
  readonly unreadFrom: string | undefined;
  /** Day number of a time, in the person's time zone. */
  dayOf(at: number): number;
}

/** A pause after which even the same author starts a new run. */
const runMsMax = 5 * 60_000;

export function makeRows({ messages, unreadFrom, dayOf }: RowsInput): readonly Row[] {
  const rows: Row[] = [];
  for (const [index, message] of messages.entries()) {
    const previous = messages[index - 1];
    const next = messages[index + 1];
    if (previous === undefined || dayOf(previous.at) !== dayOf(message.at)) {
      rows.push({ kind: "day", key: `day.${dayOf(message.at)}.${message.message}`, at: message.at });
    }
    if (message.message === unreadFrom) rows.push({ kind: "unread", key: "unread" });
    if (message.notice !== undefined) {
      rows.push({ kind: "notice", key: message.message, message, notice: message.notice });
      continue;
    }
    const continues = (a: MessageView | undefined, b: MessageView | undefined) =>
      a !== undefined && b !== undefined && b.message !== unreadFrom && isOneRun(a, b, dayOf);
    rows.push({
      kind: "message",
      key: message.message,
      message,
      isFirst: !continues(previous, message),
      isLast: !continues(message, next),
    });
  }
  return rows;
}

function isOneRun(a: MessageView, b: MessageView, dayOf: (at: number) => number): boolean {
  return (
    a.notice === undefined &&
    b.notice === undefined &&
    a.from === b.from &&
    b.at - a.at < runMsMax &&
    dayOf(a.at) === dayOf(b.at)
  );
}
