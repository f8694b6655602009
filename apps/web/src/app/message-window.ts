/** Pure operations on a window of messages, ascending by `order`, each message once. */
import type { MessageView } from "@rempart/client";

/** One list of both pages; where they overlap, `newer` says how a message stands now. */
export function mergePages(older: readonly MessageView[], newer: readonly MessageView[]): readonly MessageView[] {
  const fresh = new Set(newer.map((message) => message.message));
  return [...older.filter((message) => !fresh.has(message.message)), ...newer].sort(byOrder);
}

/**
 * Puts a message where it belongs or replaces what was known of it. A change to a message above the
 * window is dropped unless `mayExtend`: it will be asked for when the person scrolls there. Answers the
 * same array when nothing is new.
 */
export function insertMessage(
  messages: readonly MessageView[],
  message: MessageView,
  mayExtend: boolean,
): readonly MessageView[] {
  const at = messages.findIndex((each) => each.message === message.message);
  const first = messages[0];
  if (at < 0) {
    if (!mayExtend && first !== undefined && message.order < first.order) return messages;
    return [...messages, message].sort(byOrder);
  }
  // A call's answer and the event that told of it first say the same.
  if (JSON.stringify(messages[at]) === JSON.stringify(message)) return messages;
  const isMoved = messages[at]?.order !== message.order;
  const replaced = messages.with(at, message);
  return isMoved ? replaced.sort(byOrder) : replaced;
}

function byOrder(a: MessageView, b: MessageView): number {
  return a.order - b.order;
}
