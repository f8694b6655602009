/** Where messages stand: by their seq once they are in the log, after everything until then. */
import { asId, type LogId } from "@rempart/protocol";
import type { CryptoProvider } from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import type { ChatRow } from "../store/chats.ts";
import type { OutboxRow } from "../store/outbox.ts";

/**
 * Two people who add each other at once have two direct chats, of which one is shown, and more than two where a
 * backup was restored. What is in the log of another stands before everything in the log of the one, each log
 * in a range of its own that follows from its id: both sides see the same order.
 */
export function mergedOffset(log: string): number {
  return -(1 + rankOf(log)) * mergedRange;
}

/**
 * An id for the log of a chat that takes the place of another: it comes before that one's, and so does all that is said
 * in it come later. `undefined` when there is none left.
 */
export function earlierLogId(crypto: CryptoProvider, log: string): LogId | undefined {
  const rank = rankOf(log);
  if (rank === 0) return undefined;
  const id = crypto.entropy.randomBytes(16);
  const view = new DataView(id.buffer, id.byteOffset);
  view.setUint16(0, view.getUint16(0) % rank);
  return asId("LogId", id);
}

function rankOf(log: string): number {
  return Number.parseInt(log.slice(0, 4), 16);
}

/** More than any log holds; at 65,536 times that, a number still has room for the sixteenths of notices. */
const mergedRange = 2 ** 32;

export function orderOf(chat: Pick<ChatRow, "chat" | "shownAs">, seq: number): number {
  return chat.shownAs === undefined ? seq : seq + mergedOffset(chat.chat);
}

/** An own content is durable at this place: told by the acknowledgement, the log, or both. */
export function placeOwn(
  engine: Engine,
  { message, partOf }: Pick<OutboxRow, "message" | "partOf">,
  place: { readonly seq: number; readonly at: number },
  changes: Changes,
): void {
  const { messages, contents, chats } = engine.tables;
  if (message !== undefined) {
    contents.place(message, place.seq, place.at);
    const row = messages.get(message);
    const chat = row && chats.get(row.log);
    if (row?.seq === 0 && chat !== undefined) {
      messages.place(message, { ...place, order: orderOf(chat, place.seq) });
      chats.touch(row.chat, place.at);
      changes.chat(row.chat);
    }
  }
  if (partOf !== undefined) settleOwn(engine, partOf, changes);
}

/** A message is sent once it stands in the log, and so does all that was done to it until then. */
function settleOwn(engine: Engine, message: string, changes: Changes): void {
  const { messages, outbox } = engine.tables;
  const row = messages.get(message);
  if (row === undefined) return;
  const isOut = row.state === "queued" || row.state === "failed";
  if (isOut && row.seq > 0 && outbox.unsentOf(message) === 0) messages.setState(message, "sent");
  changes.message(message);
}
