/** A message in its bubble, and everything that can be done to it from here. */
import { type KeyboardEvent, type MouseEvent, useRef } from "react";
import { useFormats, useModel, useText } from "../../app/context.ts";
import { Avatar, colourOf } from "../../parts/avatar.tsx";
import { RichText } from "../../parts/rich-text.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { FilePart } from "./file-part.tsx";
import { runMessageAction } from "./message-actions.ts";
import { Quote } from "./quote.tsx";
import { Reactions } from "./reactions.tsx";
import type { RowViewProps } from "./row-view.tsx";
import type { Row } from "./rows.ts";
import { useLongPress } from "./use-long-press.ts";

export interface MessageRowProps extends RowViewProps {
  readonly row: Extract<Row, { kind: "message" }>;
}

export function MessageRow({ row, model, isGroup, isDeleting, isInTabOrder, onFocus, onMenu }: MessageRowProps) {
  const { message, isFirst, isLast } = row;
  const app = useModel();
  const element = useRef<HTMLDivElement>(null);
  const isGone = message.isDeleted || isDeleting;
  const openMenu = (x: number, y: number) => {
    if (!isGone) onMenu({ message, at: { x, y } });
  };
  const longPress = useLongPress(openMenu);
  const openFromKeyboard = () => {
    const box = element.current?.querySelector(".bubble")?.getBoundingClientRect();
    if (box !== undefined) openMenu(box.left + 12, Math.min(box.bottom, innerHeight - 40));
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.target !== element.current || isGone || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") openFromKeyboard();
    else if (!runMessageAction(event.key, { app, model, message })) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const contextMenu = (event: MouseEvent) => {
    // Selected text and links keep the browser's own menu.
    if ((event.target as Element).closest("a, img") !== null || isGone) return;
    event.preventDefault();
    // The menu key gives no point of its own.
    if (event.clientX === 0 && event.clientY === 0) openFromKeyboard();
    else openMenu(event.clientX, event.clientY);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: see message-list.tsx.
    <div
      ref={element}
      role="listitem"
      className="message"
      data-message={message.message}
      data-own={message.isOwn}
      data-first={isFirst}
      data-last={isLast}
      tabIndex={isInTabOrder ? 0 : -1}
      onFocus={() => onFocus(row.key)}
      onKeyDown={keyDown}
      onContextMenu={contextMenu}
      {...longPress}
    >
      {isGroup && !message.isOwn ? (
        <span className="message-avatar">
          {isLast ? <Avatar id={message.from} name={message.name} size="small" /> : null}
        </span>
      ) : null}
      <div className="message-stack">
        <Bubble row={row} model={model} isGroup={isGroup} isGone={isGone} />
        {isGone ? null : <Reactions message={message} />}
      </div>
    </div>
  );
}

function Bubble({
  row,
  model,
  isGroup,
  isGone,
}: Pick<MessageRowProps, "row" | "model" | "isGroup"> & { readonly isGone: boolean }) {
  const { message, isFirst, isLast } = row;
  const text = useText();
  return (
    <div className="bubble" data-gone={isGone} data-tail={isLast}>
      {isGroup && isFirst && !message.isOwn ? (
        <span className="bubble-name" data-colour={colourOf(message.from)}>
          {message.name}
        </span>
      ) : (
        <span className="visually-hidden">{message.isOwn ? text.you : message.name}: </span>
      )}
      {isGone || message.replyTo === undefined ? null : <Quote quoted={message.replyTo} model={model} />}
      {isGone || message.file === undefined ? null : <FilePart message={message} file={message.file} />}
      {isGone ? <span className="tombstone">{text.deletedMessage}</span> : <RichText source={message.text} />}
      <BubbleMeta message={message} isGone={isGone} />
    </div>
  );
}

function BubbleMeta({
  message,
  isGone,
}: {
  readonly message: MessageRowProps["row"]["message"];
  readonly isGone: boolean;
}) {
  const text = useText();
  const formats = useFormats();
  const app = useModel();
  return (
    <span className="bubble-meta">
      {message.editedAt === undefined || isGone ? null : (
        <span title={formats.full(message.editedAt)}>{text.edited}</span>
      )}
      <time dateTime={new Date(message.at).toISOString()} title={formats.full(message.at)}>
        {formats.time(message.at)}
      </time>
      {message.isOwn && !isGone ? <StateMark state={message.state} /> : null}
      {message.state === "failed" ? (
        <button
          type="button"
          className="retry"
          onClick={() => void app.attempt(() => app.client.retry(message.message))}
        >
          {text.sendAgain}
        </button>
      ) : null}
    </span>
  );
}
