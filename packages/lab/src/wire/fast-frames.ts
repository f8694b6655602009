import { asId, type Capability, encodeRequest, errorKind, type LogId, pushes, replyKind } from "@rempart/protocol";
import { maskedFrame, maskWord } from "./websocket-frame.ts";

export const entriesKind = pushes.entries.number;
const entryHeaderBytes = 8 + 8 + 16 + 4;
const entriesAt = 1 + 4 + 16 + 2;

/**
 * An append that was encoded and masked once. Only its request id and two words of its entry id change
 * from message to message, so a generator sends at the price of one copy.
 */
export class AppendTemplate {
  readonly #frame: Buffer<ArrayBuffer>;
  readonly #requestIdAt: number;
  readonly #entryIdAt: number;

  /** `entryIdTail` makes the ids of this template differ from any other's; 8 bytes. */
  constructor(log: { logId: LogId; writeKey: Capability }, body: Uint8Array, entryIdTail: Uint8Array) {
    const entryId = new Uint8Array(16);
    entryId.set(entryIdTail, 8);
    const { logId, writeKey } = log;
    const request = {
      logId,
      writeKey,
      entryId: asId("EntryId", entryId),
      ifEpoch: undefined,
      next: undefined,
      bytes: body,
    };
    const { bytes, payloadAt } = maskedFrame(encodeRequest("append", 0, request));
    this.#frame = bytes;
    this.#requestIdAt = payloadAt + 1;
    this.#entryIdAt = payloadAt + 1 + 4 + logId.length + writeKey.length;
  }

  get frameBytes(): number {
    return this.#frame.length;
  }

  /** Copies the frame to `target[at…]`; `slot` and `round` become the first two words of the entry id. */
  writeTo(target: Buffer, at: number, append: { requestId: number; slot: number; round: number }): void {
    this.#frame.copy(target, at);
    target.writeInt32BE((append.requestId ^ maskWord) | 0, at + this.#requestIdAt);
    target.writeInt32BE((append.slot ^ maskWord) | 0, at + this.#entryIdAt);
    target.writeInt32BE((append.round ^ maskWord) | 0, at + this.#entryIdAt + 4);
  }
}

/** Walks over an `entries` push without decoding it: the two words of each entry id, and the low word of seq. */
export function eachEntry(
  bytes: Buffer,
  start: number,
  visit: (slot: number, round: number, seqLow: number) => void,
): void {
  const count = bytes.readUInt16BE(start + entriesAt - 2);
  let at = start + entriesAt;
  for (let i = 0; i < count; i++) {
    visit(bytes.readUInt32BE(at + 16), bytes.readUInt32BE(at + 20), bytes.readUInt32BE(at + 4));
    at += entryHeaderBytes + bytes.readUInt32BE(at + 32);
  }
}

/** How many entries an `entries` push carries. */
export function entryCount(bytes: Buffer, start: number): number {
  return bytes.readUInt16BE(start + entriesAt - 2);
}

/** What kind of frame this is, without decoding it. */
export function kindOf(bytes: Buffer, start: number): "entries" | "reply" | "error" | "other" {
  const kind = bytes[start];
  if (kind === entriesKind) return "entries";
  if (kind === replyKind) return "reply";
  return kind === errorKind ? "error" : "other";
}

/** The request id of any frame. */
export function requestIdAt(bytes: Buffer, start: number): number {
  return bytes.readUInt32BE(start + 1);
}
