/** Moving through messages with the keyboard: one of them is in the tab order, arrows go to its neighbours. */
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { ConversationModel } from "../../app/conversation-model.ts";
import { useStore } from "../../app/store.ts";
import type { Row } from "./rows.ts";

export interface MessageFocusInput {
  readonly model: ConversationModel;
  readonly rows: readonly Row[];
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly scroller: RefObject<HTMLDivElement | null>;
}

export interface MessageFocus {
  readonly focused: string | undefined;
  /** The row that has the focus must not be unmounted by scrolling: the focus would be lost. */
  readonly keepMounted: readonly number[];
  readonly setFocused: (key: string) => void;
  move(event: KeyboardEvent): void;
}

const pageRows = 10;

export function useMessageFocus({ model, rows, list, scroller }: MessageFocusInput): MessageFocus {
  const [focused, setKey] = useState<string>();
  const setFocused = useCallback((key: string) => setKey(key), []);
  const at = rows.findIndex((row) => row.key === focused);

  const move = (event: KeyboardEvent) => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || !target.matches("[data-message]") || event.altKey || event.ctrlKey) return;
    const next = destination(event.key, at, rows);
    if (next === undefined) return;
    event.preventDefault();
    const row = rows[next];
    if (row === undefined) return;
    list.current?.scrollToIndex(next, { align: "nearest" });
    setKey(row.key);
    focusWhenMounted(scroller, row.key);
  };
  const shown = useStore(model.state, (state) => state.shown);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new request moves the list, not a new row.
  useEffect(() => {
    const index = rows.findIndex((row) => row.key === shown?.message);
    if (shown === undefined || index < 0) return;
    list.current?.scrollToIndex(index, { align: "center" });
    setKey(shown.message);
    focusWhenMounted(scroller, shown.message);
  }, [shown]);
  return { focused, keepMounted: at < 0 ? [] : [at], setFocused, move };
}

function destination(key: string, at: number, rows: readonly Row[]): number | undefined {
  switch (key) {
    case "ArrowUp":
      return nearestMessage(rows, at - 1, -1);
    case "ArrowDown":
      return nearestMessage(rows, at + 1, 1);
    case "PageUp":
      return nearestMessage(rows, Math.max(0, at - pageRows), 1);
    case "PageDown":
      return nearestMessage(rows, Math.min(rows.length - 1, at + pageRows), -1);
    case "Home":
      return nearestMessage(rows, 0, 1);
    case "End":
      return nearestMessage(rows, rows.length - 1, -1);
    default:
      return undefined;
  }
}

function nearestMessage(rows: readonly Row[], from: number, step: 1 | -1): number | undefined {
  for (let at = from; at >= 0 && at < rows.length; at += step) if (rows[at]?.kind === "message") return at;
  return undefined;
}

/** Scrolling mounts the row a frame or two later. */
function focusWhenMounted(scroller: RefObject<HTMLDivElement | null>, key: string, frames = 10): void {
  const element = scroller.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(key)}"]`);
  if (element != null) element.focus({ preventScroll: true });
  else if (frames > 0) requestAnimationFrame(() => focusWhenMounted(scroller, key, frames - 1));
}
