import type { Entry } from "@rempart/protocol";
import type { EntryRange } from "./tables.ts";

/** The first of these entries, in their order, that fit the range's bounds; the very first always fits. */
export function withinBounds(
  candidates: Iterable<Entry>,
  { countMax, bytesMax }: EntryRange,
): { entries: readonly Entry[]; hasMore: boolean } {
  const entries: Entry[] = [];
  let bytes = 0;
  for (const entry of candidates) {
    bytes += entry.bytes.length;
    const isFull = entries.length === countMax || bytes > bytesMax;
    if (entries.length > 0 && isFull) return { entries, hasMore: true };
    entries.push(entry);
  }
  return { entries, hasMore: false };
}
