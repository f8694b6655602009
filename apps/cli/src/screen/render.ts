/** Draws a chat as exactly the lines of a terminal. */
import { lineText } from "../text/line.ts";
import { printable, truncate, widthOf } from "../text/width.ts";
import { layOutEditor } from "./editor.ts";
import { type Line, layOutMessages, type PlacedLine } from "./layout.ts";
import type { ChatScreen } from "./state.ts";

export interface Frame {
  /** One for each row of the terminal. */
  readonly lines: readonly Line[];
  /** From 0. */
  readonly cursor: { readonly row: number; readonly column: number };
}

/** Lines of the composer that are shown at once. */
const composerRowsMax = 6;
const prompt = "> ";

/** Rows that are left for messages. */
export function viewRows(screen: ChatScreen): number {
  return Math.max(0, screen.size.rows - 2 - composerOf(screen).lines.length);
}

/** The greatest useful scroll: the oldest line at the top of the view. */
export function scrollMax(screen: ChatScreen): number {
  return Math.max(0, layOutMessages(screen).length - viewRows(screen));
}

export function render(screen: ChatScreen): Frame {
  const { columns, rows } = screen.size;
  const composer = composerOf(screen);
  const lines = [
    bar(headline(screen), stateText(screen), columns),
    ...view(screen, viewRows(screen)),
    statusLine(screen),
    ...composer.lines.map((text, i): Line => [{ text: (i === 0 ? prompt : "  ") + text, style: "plain" }]),
  ];
  const kept = lines.slice(0, rows);
  const row = Math.min(rows - 1, lines.length - composer.lines.length + composer.cursor.row);
  return { lines: kept, cursor: { row, column: Math.min(columns - 1, prompt.length + composer.cursor.column) } };
}

/** The part of the composer around the cursor. */
function composerOf({ editor, size }: ChatScreen) {
  const { lines, cursor } = layOutEditor(editor, Math.max(2, size.columns - prompt.length));
  const shown = Math.max(1, Math.min(composerRowsMax, size.rows - 3));
  const first = Math.max(0, Math.min(cursor.row - shown + 1, lines.length - shown));
  return {
    lines: lines.slice(first, first + shown),
    cursor: { row: cursor.row - first, column: cursor.column },
  };
}

/** `rows` lines of messages, filled from the bottom. */
function view(screen: ChatScreen, rows: number): readonly Line[] {
  const all = layOutMessages(screen);
  const end = all.length - Math.min(screen.scroll, Math.max(0, all.length - rows));
  const shown = all.slice(Math.max(0, end - rows), end).map((placed) => asShown(placed, screen.selected));
  const empty: Line[] = Array.from({ length: rows - shown.length }, () => []);
  return [...empty, ...shown];
}

function asShown({ line, message }: PlacedLine, selected: string | undefined): Line {
  if (selected === undefined || message !== selected) return line;
  return line.map(({ text }) => ({ text, style: "selected" }));
}

function headline({ chat }: ChatScreen): string {
  return ` ${printable(chat.title)}${chat.isActive ? "" : " (you are not in this chat any more)"}`;
}

function stateText({ connection }: ChatScreen): string {
  const texts = {
    online: "online",
    connecting: "connecting…",
    waiting: "in line: messages wait",
    offline: "offline: messages wait",
    refused: "refused",
  };
  const error = connection.state === "refused" && connection.error !== undefined ? ` ${connection.error}` : "";
  return `${texts[connection.state]}${error} `;
}

function bar(left: string, right: string, columns: number): Line {
  const room = Math.max(0, columns - widthOf(right));
  const cut = truncate(left, room);
  const text = truncate(cut + " ".repeat(Math.max(0, room - widthOf(cut))) + right, columns);
  return [{ text, style: "bar" }];
}

function statusLine(screen: ChatScreen): Line {
  const { size, alert } = screen;
  if (alert !== undefined)
    return [{ text: truncate(printable(alert).replaceAll("\n", " "), size.columns), style: "alert" }];
  const line = lineText(screen.connection, screen.now);
  if (line !== undefined) return [{ text: truncate(line, size.columns), style: "alert" }];
  return [{ text: truncate(hint(screen), size.columns), style: "dim" }];
}

function hint({ selected, purpose, scroll }: ChatScreen): string {
  if (selected !== undefined) return "↑↓ choose · Enter reply · e edit · d delete · Esc back";
  if (purpose.kind === "reply") {
    return `reply to ${printable(purpose.to.name)}: ${printable(purpose.to.text).replaceAll("\n", " ")} · Esc not`;
  }
  if (purpose.kind === "edit") return "change your message · Esc not";
  if (scroll > 0) return `${scroll} lines below · PgDn`;
  return "Enter send · Alt-Enter new line · Ctrl-R choose · PgUp scroll · Ctrl-C leave";
}
