/** Turns what a terminal sends in raw mode into keys. */
import { graphemesOf } from "../text/width.ts";

export type KeyName =
  | "enter"
  | "newline"
  | "backspace"
  | "delete"
  | "left"
  | "right"
  | "up"
  | "down"
  | "home"
  | "end"
  | "page-up"
  | "page-down"
  | "word-left"
  | "word-right"
  | "kill-word"
  | "kill-start"
  | "kill-end"
  | "escape"
  | "select"
  | "redraw"
  | "end-of-input"
  | "interrupt";

export type Key =
  /** One character as the person sees it. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "paste"; readonly text: string }
  | { readonly kind: "key"; readonly name: KeyName };

const controls: Readonly<Record<string, KeyName>> = {
  "\r": "enter",
  "\n": "newline",
  "\u007f": "backspace",
  "\b": "backspace",
  "\u0001": "home",
  "\u0002": "left",
  "\u0003": "interrupt",
  "\u0004": "end-of-input",
  "\u0005": "end",
  "\u0006": "right",
  "\u000b": "kill-end",
  "\u000c": "redraw",
  "\u000e": "down",
  "\u0010": "up",
  "\u0012": "select",
  "\u0015": "kill-start",
  "\u0017": "kill-word",
  "\u001b": "escape",
};

/** What follows an escape character; the common forms of xterm, VT220 and their descendants. */
const sequences: Readonly<Record<string, KeyName>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  OH: "home",
  OF: "end",
  "[1~": "home",
  "[3~": "delete",
  "[4~": "end",
  "[5~": "page-up",
  "[6~": "page-down",
  "[7~": "home",
  "[8~": "end",
  "[1;5C": "word-right",
  "[1;5D": "word-left",
  "[1;3C": "word-right",
  "[1;3D": "word-left",
  b: "word-left",
  f: "word-right",
  "\r": "newline",
  "\u007f": "kill-word",
};

const pasteStart = "\u001b[200~";
const pasteEnd = "\u001b[201~";

const escapeCharacter = "\u001b";
const sequence = /^(\[[0-9;?]*[ -/]*[@-~]|O[A-Za-z]|[bf\r]|\u007f)/;
const plain = /^\P{Cc}+/u;
const unwanted = /(?!\n)\p{Cc}/gu;

/** Remembers a paste that is not over yet. A sequence cut between two reads is rare, and is dropped. */
export class KeyDecoder {
  #pasted: string | undefined;

  /** The keys in one piece of input. */
  push(input: string): readonly Key[] {
    const keys: Key[] = [];
    let rest = input;
    while (rest !== "") rest = this.#pasted === undefined ? this.#readKey(rest, keys) : this.#readPaste(rest, keys);
    return keys;
  }

  #readKey(input: string, keys: Key[]): string {
    if (input.startsWith(pasteStart)) {
      this.#pasted = "";
      return input.slice(pasteStart.length);
    }
    const [text] = plain.exec(input) ?? [];
    if (text !== undefined) {
      for (const typed of graphemesOf(text)) keys.push({ kind: "text", text: typed });
      return input.slice(text.length);
    }
    const [tail] = input.startsWith(escapeCharacter) ? (sequence.exec(input.slice(1)) ?? []) : [];
    const name = tail === undefined ? controls[input.charAt(0)] : sequences[tail];
    if (name !== undefined) keys.push({ kind: "key", name });
    return input.slice(1 + (tail?.length ?? 0));
  }

  #readPaste(input: string, keys: Key[]): string {
    const end = input.indexOf(pasteEnd);
    this.#pasted += end < 0 ? input : input.slice(0, end);
    if (end < 0) return "";
    const text = (this.#pasted ?? "").replace(/\r\n?/g, "\n").replace(unwanted, "");
    this.#pasted = undefined;
    if (text !== "") keys.push({ kind: "paste", text });
    return input.slice(end + pasteEnd.length);
  }
}
