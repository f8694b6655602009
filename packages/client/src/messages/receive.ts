/** Application messages that come out of a log: what they do, once they are known to be whole. */
import { sameBytes, toHex } from "@rempart/protocol";
import {
  decodeEnvelope,
  isPermitted,
  type LogHead,
  type Opened,
  type ReadMessage,
  readMessage,
  SessionError,
} from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { isFollowed, logIdOf } from "../store/logs.ts";
import type { OutboxRow } from "../store/outbox.ts";
import type { GroupEffect, Placed } from "../sync/group-log.ts";
import { applyContent, placeOwnChange, type ReceivedContent } from "./apply.ts";
import { placeOwn } from "./place.ts";

type Application = Extract<Opened, { kind: "application" }>;

/** Another device's message, or an own one that this device does not remember having sent. */
export async function contentEffect(engine: Engine, placed: Placed, opened: Application): Promise<GroupEffect> {
  const { log, entry, group } = placed;
  const { after, writes, sender } = opened;
  // Its keys are used up whatever it says, so the ratchet moves on even when the rest is junk.
  const moved: GroupEffect = { after, writes };
  const isForgotten = sender.leafIndex === group.self.leafIndex;
  try {
    const { head, content } = decodeEnvelope(opened.payload);
    const isForked = !isHeadKnown(engine, placed, head);
    const read = await readMessage(engine.crypto, { sender: sender.accountId, groupId: group.groupId }, content);
    // Whoever is leaving still belongs to it, and has to know what was said if he comes back.
    const state = engine.tables.logs.get(log)?.state;
    const isAllowed =
      isFollowed(state) && (isAlwaysAllowed(read) || isPermitted(group.policy, sender.accountId, "send"));
    const message = {
      log,
      seq: entry.seq,
      at: entry.receivedAt,
      sender: toHex(sender.accountId),
      senderDevice: toHex(sender.deviceId),
      read,
      content: content.slice(),
      isLive: state === "active",
    };
    return {
      ...moved,
      write: (changes: Changes) => {
        if (isForked) warnOfFork(engine, placed, changes);
        if (isForgotten) noteRollback(engine, log);
        if (isAllowed) applyContent(engine, message, changes);
      },
      apply: () => {
        if (isForgotten) {
          engine.commits.kick(log);
          engine.keyPackages.kick();
        }
        if (isAllowed && message.isLive) engine.history.heard(message);
        engine.receipts.kick(log);
      },
    };
  } catch (error) {
    if (error instanceof SessionError) return moved;
    throw error;
  }
}

/** This device has said more than it knows: a backup was restored, and what it holds of keys is old. */
function noteRollback(engine: Engine, log: string): void {
  engine.commits.renew(log);
  engine.keyPackages.suspect();
}

/** What is not speech but upkeep: nobody is muted by losing the right to send. */
function isAlwaysAllowed({ chat }: ReadMessage): boolean {
  return (
    chat.kind === "receipt" ||
    chat.kind === "profile" ||
    chat.kind === "sync" ||
    chat.kind === "history-request" ||
    chat.kind === "history-answer"
  );
}

/**
 * Whether the author had seen the same log. Only what this device can compare counts: an unknown chain, or
 * a seq from before it joined, says nothing.
 */
function isHeadKnown(engine: Engine, { log, entry, chains }: Placed, head: LogHead): boolean {
  if (head.seq === 0) return true;
  // An author cannot have seen what came after his own entry.
  if (head.seq >= entry.seq) return false;
  const own = chains.get(head.seq) ?? engine.tables.logs.chainAt(log, head.seq);
  return own === undefined || own.length === 0 || sameBytes(own, head.chain);
}

function warnOfFork(engine: Engine, { log, entry }: Placed, changes: Changes): void {
  engine.tables.chats.warn(log, "ERR_SERVER_FORK", entry.receivedAt);
  changes.chat(log);
}

/** An own entry has come back: it is durable, and this is its place. */
export async function ownContentEffect(engine: Engine, placed: Placed, row: OutboxRow): Promise<GroupEffect> {
  const { log, entry } = placed;
  const content = await ownContent(engine, placed, row);
  return {
    write(changes) {
      engine.tables.outbox.remove(row.id);
      if (content !== undefined) placeOwnChange(engine, content, changes);
      placeOwn(engine, row, { seq: entry.seq, at: entry.receivedAt }, changes);
      if (row.kind === "leave" && isOfThisDevice(engine, row)) engine.leaving.isLeaving(log, changes);
    },
    apply() {
      engine.outbox.kick(log);
    },
  };
}

async function ownContent(
  engine: Engine,
  { log, entry }: Placed,
  { kind, content }: OutboxRow,
): Promise<ReceivedContent | undefined> {
  if (kind !== "content" || content === undefined) return undefined;
  const { account, keys } = engine.own();
  const read = await readMessage(engine.crypto, { sender: keys.accountId, groupId: logIdOf(log) }, content);
  return { log, seq: entry.seq, at: entry.receivedAt, sender: account, read, content, isLive: true };
}

function isOfThisDevice(engine: Engine, { content }: OutboxRow): boolean {
  return content !== undefined && sameBytes(content, engine.own().device.deviceId);
}
