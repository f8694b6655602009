/**
 * Channels over text: one JSON value per line. A `Uint8Array` travels as `{"$bytes": base64}`; nothing in
 * the API has a field of that name.
 */
import type { Channel } from "./channel.ts";

/** One line in characters: a file of the greatest size in base64, and what stands around it. */
export const lineLengthMax = 96 * 1_048_576;

/** The bare text stream under a channel, for example a socket with its encoding set to UTF-8. */
export interface TextPort {
  write(text: string): void;
  /** Sets the one listener for text, cut anywhere but inside a character. */
  onText(listener: (text: string) => void): void;
  /** Sets the one listener that hears that the stream has ended, for whatever reason. */
  onClose(listener: () => void): void;
  close(): void;
}

/** One message as JSON, without the newline. */
export function encodeJson(message: unknown): string {
  return JSON.stringify(message, (_key, value: unknown) =>
    value instanceof Uint8Array ? { $bytes: toBase64(value) } : value,
  );
}

/** The message of one line. Throws `SyntaxError` when it is no JSON or its base64 is damaged. */
export function decodeJson(line: string): unknown {
  // Most have no bytes in them, and visiting every value takes several times as long as parsing. What
  // encodeJson writes has the name as it is, without escapes.
  if (!line.includes('"$bytes"')) return JSON.parse(line);
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("$bytes" in value)) return value;
    return typeof value.$bytes === "string" ? fromBase64(value.$bytes) : value;
  });
}

/** A channel over a text stream. A line that is no JSON, or is too long, closes it. */
export function jsonChannel(port: TextPort): Channel {
  const lines = new LineBuffer();
  const early: unknown[] = [];
  let listener: ((message: unknown) => void) | undefined;
  let onClosed: (() => void) | undefined;
  let isOpen = true;

  function closed(): void {
    if (!isOpen) return;
    isOpen = false;
    onClosed?.();
  }

  port.onClose(closed);
  port.onText((text) => {
    if (!isOpen) return;
    try {
      for (const line of lines.push(text)) {
        const message = decodeJson(line);
        if (listener === undefined) early.push(message);
        else listener(message);
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // The other side does not speak this protocol: there is no way to find the next message in its stream.
      port.close();
      closed();
    }
  });

  return {
    send(message) {
      if (isOpen) port.write(`${encodeJson(message)}\n`);
    },
    onMessage(next) {
      listener = next;
      for (const message of early.splice(0)) next(message);
    },
    onClose(next) {
      onClosed = next;
      if (!isOpen) next();
    },
    close() {
      if (!isOpen) return;
      port.close();
      closed();
    },
  };
}

/** Cuts a stream of text into lines. */
class LineBuffer {
  #parts: string[] = [];
  #length = 0;

  push(text: string): readonly string[] {
    const pieces = text.split("\n");
    const rest = pieces.pop() ?? "";
    const lines = pieces.map((piece, i) => (i === 0 ? this.#take(piece) : piece));
    this.#parts.push(rest);
    this.#length += rest.length;
    if (this.#length > lineLengthMax) throw new SyntaxError("a line is too long");
    return lines.filter((line) => line !== "");
  }

  #take(end: string): string {
    const line = this.#parts.join("") + end;
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}

/** Bytes encoded at once: a multiple of 3, and few enough arguments for every engine's stack. */
const sliceBytes = 8_190;

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + sliceBytes)));
  }
  return text;
}

function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new SyntaxError("base64 is damaged");
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
