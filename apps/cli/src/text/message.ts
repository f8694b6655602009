/** A message as lines of text for a person. */
import type { MessageState, MessageView, NoticeView } from "@rempart/client";
import { printable } from "./width.ts";

const marks: Readonly<Record<MessageState, string>> = {
  queued: "…",
  sent: "✓",
  delivered: "✓✓",
  read: "✓✓",
  failed: "!",
};

/** How far one's own message got: `…` queued, `✓` sent, `✓✓` delivered or read, `!` failed. */
export function markOf({ isOwn, state, isDeleted, notice }: MessageView): string {
  return isOwn && !isDeleted && notice === undefined ? marks[state] : "";
}

/** What the message says, in one or more lines. */
export function bodyOf(view: MessageView): string {
  if (view.notice !== undefined) return noticeText(view.notice, view.name);
  if (view.isDeleted) return "(deleted)";
  const edited = view.editedAt === undefined ? "" : " (edited)";
  return printable(`${fileText(view)}${view.text}${edited}${reactionText(view)}`);
}

/** The message that this one replies to, shortened; empty when it replies to none. */
export function quoteOf({ replyTo }: MessageView): string {
  if (replyTo === undefined) return "";
  return printable(`${replyTo.name}: ${replyTo.text}`).replaceAll("\n", " ");
}

export function noticeText(notice: NoticeView, by: string): string {
  const names = "names" in notice ? notice.names.join(", ") : "";
  return printable(noticeSentence(notice, by, names));
}

function noticeSentence(notice: NoticeView, by: string, names: string): string {
  switch (notice.kind) {
    case "created":
      return `${by} created the chat`;
    case "joined":
      return "you joined the chat";
    case "rejoined":
      return "this device came back into the chat";
    case "added":
      return `${by} added ${names}`;
    case "removed":
      return `${by} removed ${names}`;
    case "left":
      return `${names} left`;
    case "renamed":
      return `${by} named the group "${notice.title}"`;
    case "role":
      return `${by} made ${names} ${notice.role}`;
    case "gap":
      return "messages are missing here";
  }
}

function fileText({ file, text }: MessageView): string {
  if (file === undefined) return "";
  return `[${file.name}, ${formatBytes(file.size)}]${text === "" ? "" : " "}`;
}

function reactionText({ reactions }: MessageView): string {
  return reactions.map(({ emoji, count }) => `  ${emoji}${count > 1 ? ` ${count}` : ""}`).join("");
}

const units = ["bytes", "KiB", "MiB", "GiB"];

export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1_024 && unit < units.length - 1) [value, unit] = [value / 1_024, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
