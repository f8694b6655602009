/** The text to show of a body that is not understood. */
import { contentLimits } from "./limits.ts";
import type { NestedPart } from "./mimi-part.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text, or `undefined` when it is longer than `bytesMax` or no valid UTF-8. */
export function utf8Text(bytes: Uint8Array, bytesMax: number): string | undefined {
  if (bytes.length > bytesMax) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    // The one thing that a fatal decoder throws for is invalid UTF-8, which is what `undefined` says.
    return undefined;
  }
}

/** The first text, caption or file name in the body, depth first; empty when there is none. */
export function fallbackText(part: NestedPart): string {
  switch (part.cardinality) {
    case "null":
      return "";
    case "single":
      return /^text\/(plain|markdown)(;|$)/i.test(part.contentType) ? startOf(part.content) : "";
    case "external":
      return part.description || part.filename;
    case "multi":
      return part.parts.map(fallbackText).find((text) => text !== "") ?? "";
  }
}

/** As many whole characters as fit the limit of a text. */
function startOf(bytes: Uint8Array): string {
  let end = Math.min(bytes.length, contentLimits.textBytesMax);
  const isContinuation = (byte: number | undefined) => byte !== undefined && byte >= 0x80 && byte < 0xc0;
  while (end < bytes.length && end > 0 && isContinuation(bytes[end])) end--;
  return utf8Text(bytes.subarray(0, end), contentLimits.textBytesMax) ?? "";
}
