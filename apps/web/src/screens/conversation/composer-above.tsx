/** What the next message answers, replaces or carries. */
import { useFormats, useText } from "../../app/context.ts";
import type { ComposerMode } from "../../app/conversation-model.ts";
import { IconButton } from "../../parts/button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { plainText } from "../../parts/plain-text.ts";

export interface ComposerAboveProps {
  readonly mode: ComposerMode;
  readonly files: readonly File[];
  onCancelMode(): void;
  onRemoveFile(file: File): void;
}

export function ComposerAbove({ mode, files, onCancelMode, onRemoveFile }: ComposerAboveProps) {
  const text = useText();
  const formats = useFormats();
  return (
    <>
      {mode.kind === "new" ? null : (
        <div className="composer-mode">
          <Icon name={mode.kind === "reply" ? "reply" : "pencil"} size={18} />
          <span className="composer-mode-text">
            <span className="quote-name">{mode.kind === "reply" ? text.replyTo(mode.message.name) : text.editing}</span>
            <span className="quote-text">
              {mode.message.text === "" ? text.otherMessage : plainText(mode.message.text)}
            </span>
          </span>
          <IconButton icon="close" label={text.cancel} onClick={onCancelMode} />
        </div>
      )}
      {files.map((file) => (
        <div className="composer-mode" key={`${file.name}.${file.size}.${file.lastModified}`}>
          <Icon name="file" size={18} />
          <span className="composer-mode-text">
            <span className="quote-name">{file.name}</span>
            <span className="quote-text">{formats.bytes(file.size)}</span>
          </span>
          <IconButton icon="close" label={text.removeFile(file.name)} onClick={() => onRemoveFile(file)} />
        </div>
      ))}
    </>
  );
}
