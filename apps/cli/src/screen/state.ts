/** What the full-screen chat knows, and what can happen to it. */
import type { ChatView, ConnectionView, MessageView } from "@rempart/client";
import { type Editor, editorOf } from "./editor.ts";
import type { Key } from "./keys.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the composer's text will become. */
export type Purpose =
  | { readonly kind: "send" }
  | { readonly kind: "reply"; readonly to: MessageView }
  | { readonly kind: "edit"; readonly of: MessageView };

export interface ChatScreen {
  readonly chat: Pick<ChatView, "chat" | "title" | "isActive" | "kind">;
  readonly connection: ConnectionView;
  /** By their order, the oldest first; each message once. */
  readonly messages: readonly MessageView[];
  /** Whether the first of {@link messages} is the first of the chat. */
  readonly isComplete: boolean;
  readonly editor: Editor;
  readonly purpose: Purpose;
  /** Texts sent before, the latest last, and which of them the composer shows. */
  readonly sent: readonly string[];
  readonly recalled?: number;
  /** The message that keys act on, while one is being chosen. */
  readonly selected?: string;
  /** Lines between the bottom of the view and the last message. */
  readonly scroll: number;
  readonly size: Size;
  /** Milliseconds since the Unix epoch, as of the last tick. */
  readonly now: number;
  /** A failure, shown until the next key. */
  readonly alert?: string;
}

export type ScreenEvent =
  | { readonly kind: "key"; readonly key: Key }
  | { readonly kind: "message"; readonly message: MessageView }
  /** Messages older than all that are known; none when there are no others. */
  | { readonly kind: "older"; readonly messages: readonly MessageView[] }
  | { readonly kind: "chat"; readonly chat: ChatScreen["chat"] }
  | { readonly kind: "connection"; readonly connection: ConnectionView }
  /** Time has passed, which matters while something is counted down. */
  | { readonly kind: "tick"; readonly now: number }
  | { readonly kind: "resize"; readonly size: Size }
  | { readonly kind: "alert"; readonly text: string };

/** What the shell has to do. */
export type Effect =
  | { readonly kind: "send"; readonly text: string; readonly replyTo?: string }
  | { readonly kind: "edit"; readonly message: string; readonly text: string }
  | { readonly kind: "delete"; readonly message: string }
  | { readonly kind: "older" }
  | { readonly kind: "redraw" }
  | { readonly kind: "quit" };

export interface Step {
  readonly screen: ChatScreen;
  readonly effects: readonly Effect[];
}

export interface ScreenStart
  extends Pick<ChatScreen, "chat" | "connection" | "messages" | "isComplete" | "size" | "now"> {
  /** What was written before and not sent. */
  readonly draft: string;
}

export function openScreen({ draft, ...start }: ScreenStart): ChatScreen {
  return { ...start, editor: editorOf(draft), purpose: { kind: "send" }, sent: [], scroll: 0 };
}
