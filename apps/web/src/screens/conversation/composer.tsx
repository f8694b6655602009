/** Where messages are written. */
import { type ChangeEvent, type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useModel, useText } from "../../app/context.ts";
import type { ConversationModel } from "../../app/conversation-model.ts";
import { useStore } from "../../app/store.ts";
import { IconButton } from "../../parts/button.tsx";
import { EmojiPicker } from "../../parts/emoji-picker.tsx";
import type { Point } from "../../parts/menu.tsx";
import { ComposerAbove } from "./composer-above.tsx";
import { submit } from "./submit.ts";
import { useDraft } from "./use-draft.ts";

export interface ComposerProps {
  readonly model: ConversationModel;
  readonly isActive: boolean;
  /** Files that were dropped on the conversation. */
  readonly dropped: readonly File[];
}

export function Composer({ model, isActive, dropped }: ComposerProps) {
  const text = useText();
  const app = useModel();
  const mode = useStore(model.state, (state) => state.mode);
  const draft = useDraft(app, model);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [picker, setPicker] = useState<Point>();
  const area = useRef<HTMLTextAreaElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const addFiles = (added: Iterable<File>) => setFiles((before) => [...before, ...added]);
  useEffect(() => setFiles((before) => [...before, ...dropped]), [dropped]);
  useEffect(() => {
    // On touch screens the focus would open the keyboard over what one came to read.
    if (mode.kind !== "new" || matchMedia("(pointer: fine)").matches) area.current?.focus({ preventScroll: true });
  }, [mode]);
  useAutoGrow(area, draft.value);
  if (!isActive) return <div className="composer composer-inactive">{text.inactiveHint}</div>;

  const send = () => {
    const request = { app, model, mode, text: draft.value.trim(), files };
    if (request.text === "" && files.length === 0) return;
    const restore = { text: draft.value, files, mode };
    draft.clear();
    setFiles([]);
    model.setMode({ kind: "new" });
    void submit(request).catch((error: unknown) => {
      // What was written is not lost: it stands in the composer again.
      draft.set(restore.text);
      setFiles(restore.files);
      model.setMode(restore.mode);
      app.report(error);
    });
  };
  const insert = (added: string) => {
    const { selectionStart = draft.value.length, selectionEnd = draft.value.length } = area.current ?? {};
    draft.set(draft.value.slice(0, selectionStart) + added + draft.value.slice(selectionEnd));
    area.current?.focus();
  };
  const keyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    const isEmpty = draft.value === "";
    if (event.key === "Enter" && !event.shiftKey && !isTouchOnly()) send();
    else if (event.key === "Escape" && (mode.kind !== "new" || files.length > 0)) {
      model.setMode({ kind: "new" });
      setFiles([]);
    } else if (event.key === "ArrowUp" && event.ctrlKey) focusLastMessage();
    else if (event.key === "ArrowUp" && isEmpty && mode.kind === "new") {
      if (!model.editLastOwn()) return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const paste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    addFiles(event.clipboardData.files);
  };
  return (
    <div className="composer">
      <ComposerAbove
        mode={mode}
        files={files}
        onCancelMode={() => model.setMode({ kind: "new" })}
        onRemoveFile={(file) => setFiles(files.filter((each) => each !== file))}
      />
      <div className="composer-row">
        <input
          ref={input}
          type="file"
          multiple
          hidden
          onChange={(event: ChangeEvent<HTMLInputElement>) => {
            addFiles(event.target.files ?? []);
            event.target.value = "";
            area.current?.focus();
          }}
        />
        {mode.kind === "edit" ? null : (
          <IconButton icon="attach" label={text.attach} onClick={() => input.current?.click()} />
        )}
        <textarea
          ref={area}
          className="composer-text"
          rows={1}
          value={draft.value}
          placeholder={text.writeMessage}
          aria-label={text.writeMessage}
          onChange={(event) => draft.set(event.target.value)}
          onKeyDown={keyDown}
          onPaste={paste}
        />
        <IconButton
          icon="smile"
          label={text.emoji}
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            setPicker({ x: box.right - 340, y: box.top - 8 });
          }}
        />
        <span className="send">
          <IconButton
            icon={mode.kind === "edit" ? "check" : "send"}
            label={mode.kind === "edit" ? text.saveEdit : text.send}
            disabled={draft.value.trim() === "" && files.length === 0}
            onClick={send}
          />
        </span>
      </div>
      {picker === undefined ? null : (
        <EmojiPicker label={text.emoji} at={picker} onPick={insert} onClose={() => setPicker(undefined)} />
      )}
    </div>
  );
}

/** On phones Enter is the only way to a new line, so there the button sends. */
function isTouchOnly(): boolean {
  return matchMedia("(pointer: coarse) and (hover: none)").matches;
}

function focusLastMessage(): void {
  const messages = document.querySelectorAll<HTMLElement>("[data-message]");
  messages[messages.length - 1]?.focus();
}

/** The text area is as high as its text, up to a bound set in CSS; browsers that know how do it themselves. */
function useAutoGrow(area: React.RefObject<HTMLTextAreaElement | null>, value: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new value is what changes the height.
  useEffect(() => {
    const element = area.current;
    if (element === null || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [area, value]);
}
