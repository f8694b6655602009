/**
 * Says in the chat that took the place of another what is queued for the other's log: this device has lost its place
 * there. The id of a content follows from its group and its bytes, so each gets another; the same one whenever it is said
 * again, because it keeps its salt. That is one transaction with its removal from the old queue. Receipts and what else
 * is no speech is dropped: the new chat begins with its own.
 */
import { fromHex } from "@rempart/protocol";
import { asMessageId, type OutgoingContent, readMessage } from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { applyContent } from "../messages/apply.ts";
import type { ContentRow } from "../store/contents.ts";
import { logIdOf } from "../store/logs.ts";
import type { OutboxRow } from "../store/outbox.ts";

/** Empties the queue of a log, but for what waits for an upload. Nothing is done where no chat has taken its chat's place. */
export async function sayAgain(engine: Engine, log: string): Promise<void> {
  const into = engine.groups.successor(log);
  if (into === undefined) return;
  for (;;) {
    const row = engine.tables.outbox.next(log);
    if (row === undefined) return;
    const outgoing = await speechOf(engine, row);
    await engine.lanes.run(into, async () => {
      // Asked again in the lane: its author may have deleted it meanwhile.
      if (!engine.tables.outbox.has(row.id)) return;
      if (outgoing === undefined) engine.write((changes) => drop(engine, row, changes));
      else await queueAgain(engine, row, { into, outgoing });
    });
  }
}

/** What a row says as it is now; `undefined` when nobody has to hear of it any more. */
async function speechOf(engine: Engine, row: OutboxRow): Promise<OutgoingContent | undefined> {
  if (row.kind !== "content" || row.content === undefined || row.message === undefined) return undefined;
  const sender = engine.own().keys.accountId;
  const { chat } = await readMessage(engine.crypto, { sender, groupId: logIdOf(row.log) }, row.content);
  const shown = engine.tables.messages.get(row.message);
  const inReplyTo = shown?.replyTo === undefined ? {} : { inReplyTo: asMessageId(fromHex(shown.replyTo)) };
  switch (chat.kind) {
    case "text":
      return shown && !shown.isDeleted ? { ...chat, text: shown.text, ...inReplyTo } : undefined;
    case "attachment":
      return shown && !shown.isDeleted ? { ...chat, ...inReplyTo } : undefined;
    case "edit":
    case "delete":
    case "unreact":
      return chat;
    case "reaction":
      return engine.tables.contents.change(row.message, engine.own().account) === undefined ? chat : undefined;
    default:
      return undefined;
  }
}

function drop(engine: Engine, { id, message, partOf }: OutboxRow, changes: Changes): void {
  const { messages, outbox } = engine.tables;
  outbox.remove(id);
  // A message that was deleted before anybody had got it leaves nothing behind.
  if (message === undefined || message !== partOf) return;
  outbox.removeOf(message);
  const row = messages.get(message);
  messages.remove(message);
  if (row !== undefined) changes.chat(row.chat);
}

async function queueAgain(
  engine: Engine,
  row: OutboxRow,
  { into, outgoing }: { readonly into: string; readonly outgoing: OutgoingContent },
): Promise<void> {
  const again = row.content ?? new Uint8Array();
  const { message, content } = await engine.outbox.compose(into, outgoing, { again });
  const isBody = row.partOf === row.message;
  const { account, keys } = engine.own();
  // A device that was restored from a backup has said it again already, here or in a chat between the two.
  if (engine.tables.contents.isSaid(account, content, row.message ?? "")) {
    engine.write((changes) => drop(engine, row, changes));
    return;
  }
  const of = isBody ? message : row.partOf;
  const read = await readMessage(engine.crypto, { sender: keys.accountId, groupId: logIdOf(into) }, content);
  await engine.outbox.queue(into, { content, message, ...(of !== undefined && { partOf: of }) }, (changes) => {
    const at = engine.tables.messages.get(row.message ?? "")?.at ?? engine.clock.now();
    const received = { log: into, seq: 0, at, sender: account, read, content, isLive: true };
    if (isBody) move(engine, row.message ?? "", { ...received, message }, changes);
    else {
      engine.tables.outbox.remove(row.id);
      engine.tables.messages.unreact(row.message ?? "", account);
      applyContent(engine, received, changes);
    }
  });
}

/** The message that was queued under `old` is another one from now on, in the other log. Call it in a transaction. */
function move(engine: Engine, old: string, to: ContentRow, changes: Changes): void {
  const { contents, messages, outbox } = engine.tables;
  const { message, log } = to;
  messages.moveQueued(old, { message, log });
  contents.add(to);
  // With all that was to be done to it, and is in the text already.
  outbox.removeOf(old);
  engine.saidAgain.set(old, message);
  changes.message(old);
  changes.message(message, true);
  changes.chat(log);
}
