/** One function decides what an event does to the screen. It changes nothing and reaches nothing. */
import type { MessageView } from "@rempart/client";
import { applyKey, editorOf, emptyEditor, insert, textOf } from "./editor.ts";
import type { Key, KeyName } from "./keys.ts";
import { layOutMessages } from "./layout.ts";
import { scrollMax, viewRows } from "./render.ts";
import type { ChatScreen, Effect, ScreenEvent, Step } from "./state.ts";

/** Texts that the composer remembers. */
const sentMax = 100;

export function reduce(screen: ChatScreen, event: ScreenEvent): Step {
  switch (event.kind) {
    case "key":
      return onKey(without(screen, "alert"), event.key);
    case "message":
      return step(withMessage(screen, event.message));
    case "older":
      return step(withOlder(screen, event.messages));
    case "chat":
      return step({ ...screen, chat: event.chat });
    case "connection":
      return step({ ...screen, connection: event.connection });
    case "tick":
      return step({ ...screen, now: event.now });
    case "resize":
      return step(clampScroll({ ...screen, size: event.size }), { kind: "redraw" });
    case "alert":
      return step({ ...screen, alert: event.text });
  }
}

function step(screen: ChatScreen, ...effects: readonly Effect[]): Step {
  return { screen, effects };
}

function without<K extends "alert" | "selected" | "recalled">(screen: ChatScreen, key: K): ChatScreen {
  const { [key]: _, ...rest } = screen;
  return rest as ChatScreen;
}

function withMessage(screen: ChatScreen, message: MessageView): ChatScreen {
  const others = screen.messages.filter((other) => other.message !== message.message);
  const oldest = screen.messages[0];
  // One that is older than all that are shown comes when the person scrolls there.
  if (others.length === screen.messages.length && !screen.isComplete && oldest && message.order < oldest.order)
    return screen;
  const at = others.findLastIndex((other) => other.order < message.order) + 1;
  const next = { ...screen, messages: others.toSpliced(at, 0, message) };
  // Whoever reads further up is left there.
  const growth = layOutMessages(next).length - layOutMessages(screen).length;
  return screen.scroll === 0 ? next : clampScroll({ ...next, scroll: screen.scroll + growth });
}

function withOlder(screen: ChatScreen, older: readonly MessageView[]): ChatScreen {
  if (older.length === 0) return { ...screen, isComplete: true };
  const known = new Set(screen.messages.map(({ message }) => message));
  return { ...screen, messages: [...older.filter(({ message }) => !known.has(message)), ...screen.messages] };
}

function clampScroll(screen: ChatScreen): ChatScreen {
  return { ...screen, scroll: Math.max(0, Math.min(screen.scroll, scrollMax(screen))) };
}

function onKey(screen: ChatScreen, key: Key): Step {
  if (key.kind === "key" && (key.name === "interrupt" || key.name === "redraw")) {
    return step(screen, { kind: key.name === "interrupt" ? "quit" : "redraw" });
  }
  if (screen.selected !== undefined) return onSelectionKey(screen, screen.selected, key);
  if (key.kind === "key") return onComposerKey(screen, key.name);
  return step({ ...without(screen, "recalled"), editor: insert(screen.editor, key.text) });
}

function onComposerKey(screen: ChatScreen, name: KeyName): Step {
  switch (name) {
    case "enter":
      return submit(screen);
    case "page-up":
      return scrollBy(screen, pageOf(screen));
    case "page-down":
      return scrollBy(screen, -pageOf(screen));
    case "up":
      return step(recall(screen, -1));
    case "down":
      return step(recall(screen, 1));
    case "select":
      return select(screen, selectable(screen).at(-1));
    case "escape":
      return step({ ...without(screen, "recalled"), purpose: { kind: "send" }, editor: emptyEditor });
    case "end-of-input":
      if (screen.editor.graphemes.length === 0) return step(screen, { kind: "quit" });
      return step({ ...screen, editor: applyKey(screen.editor, "delete") });
    default:
      return step({ ...screen, editor: applyKey(screen.editor, name) });
  }
}

function submit(screen: ChatScreen): Step {
  const text = textOf(screen.editor).trim();
  if (text === "") return step(screen);
  if (!screen.chat.isActive) return step({ ...screen, alert: "You are not in this chat any more." });
  const { purpose } = screen;
  const sent = [...screen.sent, text].slice(-sentMax);
  const next: ChatScreen = {
    ...without(screen, "recalled"),
    editor: emptyEditor,
    purpose: { kind: "send" },
    sent,
    scroll: 0,
  };
  if (purpose.kind === "edit") return step(next, { kind: "edit", message: purpose.of.message, text });
  return step(next, { kind: "send", text, ...(purpose.kind === "reply" ? { replyTo: purpose.to.message } : {}) });
}

function recall(screen: ChatScreen, by: -1 | 1): ChatScreen {
  const { sent, recalled = sent.length } = screen;
  const next = recalled + by;
  if (next < 0 || next > sent.length) return screen;
  if (next === sent.length) return { ...without(screen, "recalled"), editor: emptyEditor };
  return { ...screen, recalled: next, editor: editorOf(sent[next] ?? "") };
}

function pageOf(screen: ChatScreen): number {
  return Math.max(1, viewRows(screen) - 1);
}

function scrollBy(screen: ChatScreen, lines: number): Step {
  const next = clampScroll({ ...screen, scroll: screen.scroll + lines });
  const isAtTop = next.scroll === scrollMax(next);
  return isAtTop && lines > 0 && !screen.isComplete ? step(next, { kind: "older" }) : step(next);
}

function selectable({ messages }: ChatScreen): readonly MessageView[] {
  return messages.filter(({ notice, isDeleted }) => notice === undefined && !isDeleted);
}

function onSelectionKey(screen: ChatScreen, selected: string, key: Key): Step {
  const choices = selectable(screen);
  const at = choices.findIndex(({ message }) => message === selected);
  const message = choices[at];
  const back = without(screen, "selected");
  if (message === undefined) return step(back);
  // What was pasted is text, and never a command.
  if (key.kind === "paste") return step(screen);
  const action = key.kind === "text" ? key.text : key.name;
  switch (action) {
    case "up":
    case "select":
      return select(screen, choices[at - 1]);
    case "down":
      return select(screen, choices[at + 1]);
    case "enter":
    case "r":
      return step({ ...back, purpose: { kind: "reply", to: message } });
    case "e":
      if (!message.isOwn) return step({ ...screen, alert: "You can change your own messages only." });
      return step({ ...back, purpose: { kind: "edit", of: message }, editor: editorOf(message.text) });
    case "d":
      if (!message.isOwn) return step({ ...screen, alert: "You can delete your own messages only." });
      return step(back, { kind: "delete", message: message.message });
    case "escape":
    case "end-of-input":
      return step(back);
    default:
      return step(screen);
  }
}

/** Chooses a message, if there is one, and brings all its lines into view. */
function select(screen: ChatScreen, message: MessageView | undefined): Step {
  if (message === undefined) return scrollBy(screen, screen.selected === undefined ? 0 : 1);
  const lines = layOutMessages(screen);
  const first = lines.findIndex((line) => line.message === message.message);
  const below = lines.length - 1 - lines.findLastIndex((line) => line.message === message.message);
  const above = lines.length - first - viewRows(screen);
  const scroll = Math.min(below, Math.max(above, screen.scroll));
  return step(clampScroll({ ...screen, selected: message.message, scroll }));
}
