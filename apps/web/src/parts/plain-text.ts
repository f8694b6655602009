/** A message in one line, for lists and quotes: its marks are left out, spoilers stay hidden. */
import { type Inline, parseMarkdown } from "./markdown.ts";

/** More is never shown on a line. */
const lengthMax = 200;

export function plainText(source: string): string {
  return parseMarkdown(source.slice(0, 2 * lengthMax))
    .map((block) => (block.kind === "code-block" ? block.text : block.children.map(plainInline).join("")))
    .join(" ")
    .replace(/\s+/g, " ")
    .slice(0, lengthMax);
}

function plainInline(inline: Inline): string {
  if (!("children" in inline)) return inline.text;
  const text = inline.children.map(plainInline).join("");
  return inline.kind === "spoiler" ? "▒".repeat(Math.min(text.length, 12)) : text;
}
