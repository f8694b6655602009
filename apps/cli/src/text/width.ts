/** How many columns text takes in a terminal, and how to cut and wrap it by columns. */

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The user-perceived characters of a text. */
export function graphemesOf(text: string): readonly string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

// East Asian wide and fullwidth blocks (Unicode 16, EastAsianWidth.txt), coarsened to whole ranges.
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

const emoji = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F/u;
const invisible = /^[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Control}]*$/u;

/** Columns of one grapheme: 0, 1 or 2. */
export function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f && grapheme.length === 1) return 1;
  if (invisible.test(grapheme)) return 0;
  if (emoji.test(grapheme)) return 2;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

export function widthOf(text: string): number {
  return graphemesOf(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

/** The text in exactly `columns` columns: cut with an ellipsis, or filled with spaces. */
export function fit(text: string, columns: number): string {
  const cut = truncate(text, columns);
  return cut + " ".repeat(Math.max(0, columns - widthOf(cut)));
}

/** At most `columns` columns of the text; what is cut ends in an ellipsis. */
export function truncate(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= 0) return "";
  let [kept, width] = ["", 0];
  for (const grapheme of graphemesOf(text)) {
    width += graphemeWidth(grapheme);
    if (width > columns - 1) break;
    kept += grapheme;
  }
  return `${kept}…`;
}

/** Lines of at most `columns` columns, broken at spaces where possible. Never empty. */
export function wrap(text: string, columns: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => wrapParagraph(paragraph, Math.max(2, columns)));
}

function wrapParagraph(paragraph: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let [line, width] = ["", 0];
  for (const word of paragraph.split(/(?<= )/)) {
    const bare = widthOf(word.trimEnd());
    if (width > 0 && width + bare > columns) {
      lines.push(line.trimEnd());
      [line, width] = ["", 0];
    }
    if (bare <= columns) [line, width] = [line + word, width + widthOf(word)];
    else [line, width] = breakWord(word, columns, lines);
  }
  lines.push(line.trimEnd());
  return lines;
}

/** Fills whole lines with a word that is longer than one; answers what is left of it. */
function breakWord(word: string, columns: number, lines: string[]): [string, number] {
  let [line, width] = ["", 0];
  for (const grapheme of graphemesOf(word)) {
    const own = graphemeWidth(grapheme);
    if (width + own > columns) {
      lines.push(line);
      [line, width] = ["", 0];
    }
    [line, width] = [line + grapheme, width + own];
  }
  return [line, width];
}

/**
 * Text of other people, safe to print: without control characters, escape sequences among them, and
 * without those that turn the direction of what follows. Newlines and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(unprintable, "\ufffd").replaceAll("\t", "  ");
}

const unprintable = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
