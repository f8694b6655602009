/**
 * Where the list stands: it follows the conversation while its end is in view, and otherwise stays put,
 * whatever is added above or below. Marks as read what has been in view.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { ConversationModel } from "../../app/conversation-model.ts";
import type { Row } from "./rows.ts";

export interface ScrollingInput {
  readonly model: ConversationModel;
  readonly rows: readonly Row[];
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly list: RefObject<VirtualizerHandle | null>;
}

export interface Scrolling {
  readonly isAtEnd: boolean;
  /** Messages of others that have come in below what is in view. */
  readonly newCount: number;
  /** True while the rows that were added stand above those that were there. */
  readonly isPrepending: boolean;
  toEnd(): void;
}

/** Nearer to the end than this counts as being there. */
const endPx = 60;

export function useScrolling({ model, rows, scroller, list }: ScrollingInput): Scrolling {
  const [isAtEnd, setAtEnd] = useState(true);
  const [newCount, setNewCount] = useState(0);
  const isAtEndRef = useRef(true);
  const hasStarted = useRef(false);
  const top = useRef(0);
  const before = useRef<readonly Row[]>([]);
  const isPrepending = isPrepended(before.current, rows);

  const measure = () => {
    const element = scroller.current;
    if (element === null || !hasStarted.current) return;
    const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < endPx;
    // Rows that turn out higher than was guessed push the end away; only a person goes up.
    const hasGoneUp = element.scrollTop < top.current;
    top.current = element.scrollTop;
    const atEnd = isNear || (isAtEndRef.current && !hasGoneUp);
    isAtEndRef.current = atEnd;
    setAtEnd(atEnd);
    if (atEnd && !isNear) toEnd();
    if (atEnd) setNewCount(0);
    if (atEnd) markRead(model, before.current);
  };

  const toEnd = () => {
    // Not through the list: it would hold on to its target for a while, against somebody who scrolls away.
    isAtEndRef.current = true;
    if (scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: only new rows move the list.
  useLayoutEffect(() => {
    const previous = before.current;
    before.current = rows;
    if (rows.length === 0) return;
    if (!hasStarted.current) {
      hasStarted.current = true;
      const unread = rows.findIndex((row) => row.kind === "unread");
      isAtEndRef.current = unread < 0;
      if (unread < 0) toEnd();
      else list.current?.scrollToIndex(unread, { align: "start" });
      return;
    }
    const added = addedBelow(previous, rows);
    const isOwn = added.some((row) => row.kind === "message" && row.message.isOwn);
    if (isAtEndRef.current || isOwn) toEnd();
    else setNewCount((count) => count + added.filter((row) => row.kind === "message").length);
    if (isAtEndRef.current) markRead(model, rows);
  }, [rows, list, model]);

  useKeptEnd(scroller, isAtEndRef, toEnd, measure);
  return { isAtEnd, newCount, isPrepending, toEnd };
}

/** Keeps the end in view when the window, the composer or the keyboard on a phone changes size. */
function useKeptEnd(
  scroller: RefObject<HTMLDivElement | null>,
  isAtEnd: RefObject<boolean>,
  toEnd: () => void,
  measure: () => void,
): void {
  const actions = useRef({ toEnd, measure });
  actions.current = { toEnd, measure };
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const resized = new ResizeObserver(() => {
      if (isAtEnd.current) actions.current.toEnd();
      actions.current.measure();
    });
    // Heard from the element itself, before rows that come into view change its height: somebody who has
    // begun to scroll up must not be pulled back.
    const scrolled = () => actions.current.measure();
    element.addEventListener("scroll", scrolled, { passive: true });
    resized.observe(element);
    // Rows are measured as they are drawn, which changes the height of all of them together.
    for (const child of element.children) resized.observe(child);
    const shown = () => actions.current.measure();
    document.addEventListener("visibilitychange", shown);
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", scrolled);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [scroller, isAtEnd]);
}

function markRead(model: ConversationModel, rows: readonly Row[]): void {
  if (document.visibilityState !== "visible") return;
  const last = rows.findLast((row) => row.kind === "message" || row.kind === "notice");
  if (last !== undefined && "message" in last) afterPaint(() => model.markRead(last.message));
}

/** What has come is to be on the screen first: the engine's work would compete with drawing it. */
function afterPaint(action: () => void): void {
  requestAnimationFrame(() => setTimeout(action));
}

function isPrepended(before: readonly Row[], after: readonly Row[]): boolean {
  return before.length > 0 && after.length > before.length && lastKey(before) === lastKey(after);
}

function addedBelow(before: readonly Row[], after: readonly Row[]): readonly Row[] {
  const known = new Set(before.map((row) => row.key));
  const lastKnown = after.findLastIndex((row) => known.has(row.key));
  return after.slice(lastKnown + 1);
}

function lastKey(rows: readonly Row[]): string | undefined {
  return rows.at(-1)?.key;
}
