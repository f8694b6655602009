/** A file in a message: a picture is shown, anything can be saved. */
import type { FileView, MessageView } from "@rempart/client";
import { useEffect, useState } from "react";
import { useFormats, useModel, useText } from "../../app/context.ts";
import { Icon } from "../../parts/icon.tsx";

export interface FilePartProps {
  readonly message: MessageView;
  readonly file: FileView;
}

/** Kinds that browsers draw without running anything; SVG is not among them. */
const pictureTypes: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
const pictureBytesMax = 8_000_000;

export function FilePart({ message, file }: FilePartProps) {
  const isPicture = pictureTypes.has(file.type) && file.size <= pictureBytesMax;
  return (
    <div className="file">
      {isPicture ? <Picture message={message.message} file={file} /> : null}
      <FileLine message={message} file={file} />
    </div>
  );
}

function Picture({ message, file }: { readonly message: string; readonly file: FileView }) {
  const app = useModel();
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    let made: string | undefined;
    let isCurrent = true;
    void app.attempt(async () => {
      const { bytes } = await app.client.file(message);
      if (!isCurrent) return;
      made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: file.type }));
      setUrl(made);
    });
    return () => {
      isCurrent = false;
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [app, message, file.type]);
  if (url === undefined) return <div className="picture picture-loading" />;
  return <img className="picture" src={url} alt={file.name} />;
}

function FileLine({ message, file }: FilePartProps) {
  const text = useText();
  const formats = useFormats();
  const app = useModel();
  const { transferred } = file;
  const isMoving = transferred !== undefined && transferred < file.size;
  const save = async () => {
    const { bytes } = await app.client.file(message.message);
    saveBytes(bytes as Uint8Array<ArrayBuffer>, file.name);
  };
  return (
    <button type="button" className="file-line" onClick={() => void app.attempt(save)}>
      <span className="file-icon">
        <Icon name={file.isLocal ? "file" : "download"} />
      </span>
      <span className="file-text">
        <span className="visually-hidden">{text.saveFile}</span>
        <span className="file-name">{file.name}</span>
        <span className="file-size">
          {isMoving ? `${formats.bytes(transferred)} / ${formats.bytes(file.size)}` : formats.bytes(file.size)}
        </span>
        {isMoving ? <progress value={transferred} max={file.size} aria-label={text.transfer} /> : null}
      </span>
    </button>
  );
}

/** Always as a download of unknown type: a file from a stranger must not open as a page of this origin. */
function saveBytes(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
