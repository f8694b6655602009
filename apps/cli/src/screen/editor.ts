/** The composer's text and cursor. Positions are in graphemes, so that a cursor never stands inside one. */
import { graphemesOf, graphemeWidth } from "../text/width.ts";
import type { KeyName } from "./keys.ts";

export interface Editor {
  readonly graphemes: readonly string[];
  /** 0 to the number of graphemes. */
  readonly cursor: number;
}

export const emptyEditor: Editor = { graphemes: [], cursor: 0 };

export function editorOf(text: string): Editor {
  const graphemes = graphemesOf(text);
  return { graphemes, cursor: graphemes.length };
}

export function textOf({ graphemes }: Editor): string {
  return graphemes.join("");
}

/** Puts text where the cursor is. What was combined anew (an accent after its letter) is cut anew. */
export function insert({ graphemes, cursor }: Editor, text: string): Editor {
  const before = graphemesOf(graphemes.slice(0, cursor).join("") + text);
  return { graphemes: [...before, ...graphemes.slice(cursor)], cursor: before.length };
}

/** The editor after an editing key; the same one when the key means nothing to it. */
export function applyKey(editor: Editor, name: KeyName): Editor {
  const { graphemes, cursor } = editor;
  const last = graphemes.length;
  switch (name) {
    case "newline":
      return insert(editor, "\n");
    case "backspace":
      return cut(editor, Math.max(0, cursor - 1), cursor);
    case "delete":
      return cut(editor, cursor, Math.min(last, cursor + 1));
    case "left":
      return { graphemes, cursor: Math.max(0, cursor - 1) };
    case "right":
      return { graphemes, cursor: Math.min(last, cursor + 1) };
    case "home":
      return { graphemes, cursor: lineStart(editor) };
    case "end":
      return { graphemes, cursor: lineEnd(editor) };
    case "word-left":
      return { graphemes, cursor: wordLeft(editor) };
    case "word-right":
      return { graphemes, cursor: wordRight(editor) };
    case "kill-word":
      return cut(editor, wordLeft(editor), cursor);
    case "kill-start":
      return cut(editor, lineStart(editor), cursor);
    case "kill-end":
      return cut(editor, cursor, lineEnd(editor));
    default:
      return editor;
  }
}

function cut({ graphemes }: Editor, from: number, to: number): Editor {
  return { graphemes: graphemes.toSpliced(from, to - from), cursor: from };
}

function lineStart({ graphemes, cursor }: Editor): number {
  return graphemes.lastIndexOf("\n", cursor - 1) + 1;
}

function lineEnd({ graphemes, cursor }: Editor): number {
  const end = graphemes.indexOf("\n", cursor);
  return end < 0 ? graphemes.length : end;
}

const isSpace = (grapheme: string | undefined): boolean => grapheme !== undefined && /^\s$/.test(grapheme);

function wordLeft({ graphemes, cursor }: Editor): number {
  let at = cursor;
  while (at > 0 && isSpace(graphemes[at - 1])) at--;
  while (at > 0 && !isSpace(graphemes[at - 1])) at--;
  return at;
}

function wordRight({ graphemes, cursor }: Editor): number {
  let at = cursor;
  while (at < graphemes.length && isSpace(graphemes[at])) at++;
  while (at < graphemes.length && !isSpace(graphemes[at])) at++;
  return at;
}

export interface EditorLayout {
  readonly lines: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** The text as lines of at most `columns` columns, broken anywhere, and where the cursor is in them. */
export function layOutEditor({ graphemes, cursor }: Editor, columns: number): EditorLayout {
  const lines: string[] = [];
  let [line, width] = ["", 0];
  let place = { row: 0, column: 0 };
  const endLine = () => {
    lines.push(line);
    [line, width] = ["", 0];
  };
  for (const [i, grapheme] of graphemes.entries()) {
    const own = grapheme === "\n" ? 0 : graphemeWidth(grapheme);
    if (width + own > columns) endLine();
    if (i === cursor) place = { row: lines.length, column: width };
    if (grapheme === "\n") endLine();
    else [line, width] = [line + grapheme, width + own];
  }
  // After the last column there is no room for the cursor: it waits on the next line.
  if (width >= columns) endLine();
  if (cursor === graphemes.length) place = { row: lines.length, column: width };
  lines.push(line);
  return { lines, cursor: place };
}
