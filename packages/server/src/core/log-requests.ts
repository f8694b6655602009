import { type Entry, ProtocolError, type ReplyOf, type RequestOf, limits as wireLimits } from "@rempart/protocol";
import type { Caller } from "./caller.ts";

const hourMs = 3_600_000;

export async function create(caller: Caller, body: RequestOf<"create">): Promise<ReplyOf<"create">> {
  const { store, limits, clock } = caller.context;
  // The account opens the door and is forgotten behind it: it is not passed on to the store.
  caller.requireAccount();
  const { logId, readAuth, writeAuth, policy } = body;
  if (policy.retentionSeconds > wireLimits.retentionSecondsMax) {
    throw new ProtocolError("ERR_QUOTA", "no log keeps its entries that long");
  }
  caller.spend("create", { amountMax: limits.createsPerHourMax, periodMs: hourMs });
  const retentionMs = policy.retentionSeconds === 0 ? limits.retentionMsDefault : policy.retentionSeconds * 1_000;
  return store.submit("logCreate", { logId, readAuth, writeAuth, retentionMs, now: clock.now() });
}

export async function append(caller: Caller, body: RequestOf<"append">): Promise<ReplyOf<"append">> {
  const { store, clock, counters, bus } = caller.context;
  const { logId, writeKey, entryId, ifEpoch, next, bytes } = body;
  if (next !== undefined && ifEpoch === undefined) {
    throw new ProtocolError("ERR_MALFORMED", "a rotation has to say in which epoch");
  }
  const writeAuth = caller.context.authOf(writeKey);
  const ask = { logId, writeAuth, entryId, ifEpoch, next, bytes, now: clock.now() };
  const { seq, receivedAt, isRepeat } = await store.submit("append", ask).catch((error) => {
    // Kept or not, nobody may ever send it again: whoever waits for it has to look.
    if (isOfStorage(error)) bus.announce({ logId });
    throw error;
  });
  counters.appends += 1;
  if (isRepeat) {
    // The first time may have ended before anybody was told, and its bytes are the ones that count.
    counters.repeatedAppends += 1;
    bus.announce({ logId, headSeq: seq });
  } else {
    const entry: Entry = { seq, receivedAt, entryId, bytes };
    bus.announce({ logId, headSeq: seq, entry, isRotation: next !== undefined });
  }
  return { seq, receivedAt };
}

/** Whether an operation may have been kept although it failed. */
function isOfStorage(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === "ERR_STORAGE";
}

export async function read(caller: Caller, body: RequestOf<"read">): Promise<ReplyOf<"read">> {
  const { store } = caller.context;
  const { logId, readKey, fromSeq, limit } = body;
  const { slices } = await store.submit("logsRead", {
    ranges: [{ logId, readAuth: caller.context.authOf(readKey), fromSeq }],
    entriesMax: Math.min(limit, wireLimits.entriesPerFrameMax),
    bytesMax: wireLimits.entriesBytesPerFrameMax,
  });
  const slice = slices[0];
  if (slice === undefined || slice.status !== 0)
    throw new ProtocolError("ERR_DENIED", "no such log, or not with this key");
  return { entries: slice.entries, headSeq: slice.headSeq, epoch: slice.epoch };
}
