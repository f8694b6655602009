/** Keys that work wherever the focus is, unless somebody is writing. */
import { useEffect } from "react";
import { useModel } from "./context.ts";
import type { AppModel } from "./model.ts";

export interface ShortcutOptions {
  showHelp(): void;
}

export function useShortcuts({ showHelp }: ShortcutOptions): void {
  const model = useModel();
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open], :popover-open") !== null) return;
      const isHandled = handle(event, model, showHelp);
      if (isHandled) event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [model, showHelp]);
}

function handle(event: KeyboardEvent, model: AppModel, showHelp: () => void): boolean {
  if (event.key === "Escape") return stepBack(model);
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return focusOn("#chat-search");
  if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    return openNeighbour(model, event.key === "ArrowDown" ? 1 : -1);
  }
  if (isWriting(event.target) || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === "?") {
    showHelp();
    return true;
  }
  if (event.key === "/") return focusOn("#chat-search");
  if (event.key === "n") {
    model.router.go({ name: "people" });
    return true;
  }
  return false;
}

/** One step back; from the chat list there is nowhere to go. */
function stepBack(model: AppModel): boolean {
  if (model.router.route.value.name === "chats") return false;
  model.router.back();
  return true;
}

function openNeighbour(model: AppModel, step: number): boolean {
  const chats = model.state.value.chats ?? [];
  const route = model.router.route.value;
  const at = "chat" in route ? chats.findIndex((chat) => chat.chat === route.chat) : -1;
  const next = chats[at < 0 ? 0 : at + step];
  if (next === undefined) return false;
  model.router.replace({ name: "chat", chat: next.chat });
  return true;
}

function focusOn(selector: string): boolean {
  const element = document.querySelector<HTMLElement>(selector);
  element?.focus();
  return element !== null;
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
