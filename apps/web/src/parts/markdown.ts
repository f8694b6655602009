/**
 * The subset of Markdown that messages may carry, as a tree; drawing it never touches HTML.
 *
 * `**bold**`, `*italic*` or `_italic_`, `~~struck~~`, `||spoiler||`, `` `code` ``, fenced code blocks,
 * addresses that start with `http://` or `https://`, and `[text](address)`. What does not parse is text.
 */

export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "bold" | "italic" | "strike" | "spoiler"; readonly children: readonly Inline[] };

export type Block =
  | { readonly kind: "paragraph"; readonly children: readonly Inline[] }
  | { readonly kind: "code-block"; readonly text: string };

/** Deeper nesting is left as text: it bounds the work and nobody writes it. */
const depthMax = 6;

const marks = [
  { mark: "**", kind: "bold" },
  { mark: "~~", kind: "strike" },
  { mark: "||", kind: "spoiler" },
  { mark: "*", kind: "italic" },
  { mark: "_", kind: "italic" },
] as const;

export function parseMarkdown(source: string): readonly Block[] {
  const blocks: Block[] = [];
  const fence = /```[^\S\n]*\w*\n?([\s\S]*?)```/g;
  let end = 0;
  const addText = (text: string) => {
    const trimmed = text.replace(/^\n|\n$/g, "");
    if (trimmed !== "") blocks.push({ kind: "paragraph", children: parseInline(trimmed) });
  };
  // Each unclosed fence would make the expression scan to the end, so it runs only where a pair exists.
  if (source.indexOf("```") !== source.lastIndexOf("```")) {
    for (const match of source.matchAll(fence)) {
      addText(source.slice(end, match.index));
      blocks.push({ kind: "code-block", text: (match[1] ?? "").replace(/\n$/, "") });
      end = match.index + match[0].length;
    }
  }
  addText(source.slice(end));
  return blocks;
}

export function parseInline(source: string): readonly Inline[] {
  return new InlineParser(source, 0).parse();
}

class InlineParser {
  readonly #source: string;
  readonly #depth: number;
  readonly #out: Inline[] = [];
  /** Marks that do not occur again: not searched for a second time, which keeps the work linear. */
  readonly #exhausted = new Set<string>();
  #plain = "";
  #at = 0;

  constructor(source: string, depth: number) {
    this.#source = source;
    this.#depth = depth;
  }

  parse(): readonly Inline[] {
    while (this.#at < this.#source.length) {
      const taken = this.#code() || this.#link() || this.#marked();
      if (!taken) this.#plain += this.#source[this.#at++];
    }
    this.#flush();
    return this.#out;
  }

  #push(inline: Inline, end: number): true {
    this.#flush();
    this.#out.push(inline);
    this.#at = end;
    return true;
  }

  #flush(): void {
    if (this.#plain !== "") this.#out.push({ kind: "text", text: this.#plain });
    this.#plain = "";
  }

  #find(mark: string, from: number): number {
    if (this.#exhausted.has(mark)) return -1;
    const at = this.#source.indexOf(mark, from);
    if (at < 0) this.#exhausted.add(mark);
    return at;
  }

  #code(): boolean {
    if (this.#source[this.#at] !== "`") return false;
    const end = this.#find("`", this.#at + 1);
    if (end <= this.#at + 1) return false;
    return this.#push({ kind: "code", text: this.#source.slice(this.#at + 1, end) }, end + 1);
  }

  #link(): boolean {
    const char = this.#source[this.#at];
    if (char === "[") return this.#namedLink();
    if (char !== "h" || this.#isInsideWord()) return false;
    const match = matchAt(/https?:\/\/[^\s<>"`]{1,2000}/y, this.#source, this.#at);
    if (match === undefined) return false;
    const href = trimAddress(match);
    return isAddress(href) && this.#push({ kind: "link", text: href, href }, this.#at + href.length);
  }

  #namedLink(): boolean {
    const match = matchAt(/\[([^[\]\n]{1,300})\]\((https?:\/\/[^\s()<>"`]{1,2000})\)/y, this.#source, this.#at);
    if (match === undefined) return false;
    const split = match.indexOf("](");
    const href = match.slice(split + 2, -1);
    if (!isAddress(href)) return false;
    return this.#push({ kind: "link", text: match.slice(1, split), href }, this.#at + match.length);
  }

  #marked(): boolean {
    if (this.#depth >= depthMax) return false;
    const found = marks.find(({ mark }) => this.#source.startsWith(mark, this.#at));
    if (found === undefined) return false;
    const { mark, kind } = found;
    const start = this.#at + mark.length;
    // A mark before a space, or an underscore inside a word, is meant as it stands.
    if (/^\s?$/.test(this.#source[start] ?? "") || (mark === "_" && this.#isInsideWord())) return false;
    const end = this.#closing(mark, start);
    if (end === undefined) return false;
    const children = new InlineParser(this.#source.slice(start, end), this.#depth + 1).parse();
    return this.#push({ kind, children }, end + mark.length);
  }

  #closing(mark: string, start: number): number | undefined {
    const end = this.#find(mark, start + 1);
    if (end < 0 || /\s/.test(this.#source[end - 1] ?? " ")) return undefined;
    // `*` must not take half of a `**`, nor `_` end in the middle of a word.
    if (mark === "*" && this.#source[end + 1] === "*") return undefined;
    if (mark === "_" && /[\p{L}\p{N}]/u.test(this.#source[end + 1] ?? "")) return undefined;
    return end;
  }

  #isInsideWord(): boolean {
    return /[\p{L}\p{N}]/u.test(this.#source[this.#at - 1] ?? "");
  }
}

function matchAt(sticky: RegExp, source: string, at: number): string | undefined {
  sticky.lastIndex = at;
  return sticky.exec(source)?.[0];
}

/** Punctuation at the end belongs to the sentence; a closing bracket only if none was opened. */
function trimAddress(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1] ?? "";
    const isBracket = last === ")" && !address.slice(0, end).includes("(");
    if (!isBracket && !/[.,;:!?'*_~|]/.test(last)) break;
    end--;
  }
  return address.slice(0, end);
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
