/** Messages as lines of a terminal. */
import type { MessageView } from "@rempart/client";
import { bodyOf, markOf, quoteOf } from "../text/message.ts";
import { formatDay } from "../text/time.ts";
import { printable, truncate, widthOf, wrap } from "../text/width.ts";
import type { ChatScreen } from "./state.ts";

export type LineStyle = "plain" | "own" | "other" | "dim" | "alert" | "bar" | "selected";

export interface Span {
  readonly text: string;
  readonly style: LineStyle;
}

export type Line = readonly Span[];

export interface PlacedLine {
  readonly line: Line;
  /** The message it belongs to; a day's heading belongs to none. */
  readonly message?: string;
}

const timeColumns = 6;
const indent = " ".repeat(timeColumns);

// Lines are laid out again only for messages that changed, or when the terminal did.
const cache = new WeakMap<MessageView, { readonly columns: number; readonly lines: readonly Line[] }>();

/** All the lines of the messages that are known, the oldest first. */
export function layOutMessages({ messages, size }: Pick<ChatScreen, "messages" | "size">): readonly PlacedLine[] {
  const placed: PlacedLine[] = [];
  let day = "";
  for (const message of messages) {
    const ownDay = formatDay(message.at);
    if (ownDay !== day) placed.push({ line: [{ text: `${indent}— ${ownDay} —`, style: "dim" }] });
    day = ownDay;
    for (const line of linesOf(message, size.columns)) placed.push({ line, message: message.message });
  }
  return placed;
}

function linesOf(message: MessageView, columns: number): readonly Line[] {
  const known = cache.get(message);
  if (known?.columns === columns) return known.lines;
  const lines = message.notice === undefined ? layOut(message, columns) : layOutNotice(message, columns);
  cache.set(message, { columns, lines });
  return lines;
}

function layOut(message: MessageView, columns: number): readonly Line[] {
  const room = Math.max(10, columns - timeColumns);
  const name = truncate(printable(message.name), Math.max(4, room >> 1));
  const quote = quoteOf(message);
  const mark = markOf(message);
  const body = wrap(`${name}: ${bodyOf(message)}${mark === "" ? "" : ` ${mark}`}`, room);
  const [first = "", ...others] = body;
  const nameStyle = message.isOwn ? "own" : "other";
  const bodyStyle = message.isDeleted ? "dim" : message.state === "failed" ? "alert" : "plain";
  // A name longer than the first line was itself wrapped, and is not told apart by colour there.
  const head: Line = first.startsWith(`${name}:`)
    ? [
        { text: `${name}:`, style: nameStyle },
        { text: first.slice(name.length + 1), style: bodyStyle },
      ]
    : [{ text: first, style: bodyStyle }];
  return [
    ...(quote === "" ? [] : [[{ text: truncate(`${indent}> ${quote}`, columns), style: "dim" as const }]]),
    [{ text: `${clockOf(message.at)} `, style: "dim" }, ...head],
    ...others.map((text): Line => [{ text: indent + text, style: bodyStyle }]),
  ];
}

function layOutNotice(message: MessageView, columns: number): readonly Line[] {
  const lines = wrap(`— ${bodyOf(message)}`, Math.max(10, columns - timeColumns));
  return lines.map((text, i) => [{ text: (i === 0 ? `${clockOf(message.at)} ` : indent) + text, style: "dim" }]);
}

function clockOf(at: number): string {
  const time = new Date(at);
  return `${String(time.getHours()).padStart(2, "0")}:${String(time.getMinutes()).padStart(2, "0")}`;
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}
