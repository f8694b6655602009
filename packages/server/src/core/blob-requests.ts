import { type BlobId, ProtocolError, type ReplyOf, type RequestOf, limits as wireLimits } from "@rempart/protocol";
import type { Caller } from "./caller.ts";

const hourMs = 3_600_000;

export async function blobCreate(caller: Caller, body: RequestOf<"blobCreate">): Promise<ReplyOf<"blobCreate">> {
  const { store, limits, clock } = caller.context;
  // As with logs: the account is needed, and not kept.
  caller.requireAccount();
  const { blobId, readAuth, writeAuth, size, retentionSeconds } = body;
  const retentionMs = retentionSeconds === 0 ? limits.blobRetentionMsDefault : retentionSeconds * 1_000;
  if (size > wireLimits.blobBytesMax || retentionMs > limits.blobRetentionMsMax) {
    throw new ProtocolError("ERR_QUOTA", "no blob is that large or kept that long");
  }
  caller.spend("blob", { amountMax: limits.blobsPerHourMax, periodMs: hourMs });
  caller.spend("blobBytes", { amountMax: limits.blobBytesPerHourMax, periodMs: hourMs }, size);
  return store.submit("blobCreate", { blobId, readAuth, writeAuth, size, expiresAt: clock.now() + retentionMs });
}

export async function blobWrite(caller: Caller, body: RequestOf<"blobWrite">): Promise<ReplyOf<"blobWrite">> {
  const { blobId, writeKey, offset, bytes } = body;
  return caller.context.store.submit("blobWrite", { key: keyFor(caller, blobId, writeKey), offset, bytes });
}

export async function blobStat(caller: Caller, { blobId, key }: RequestOf<"blobStat">): Promise<ReplyOf<"blobStat">> {
  return caller.context.store.submit("blobStat", { key: keyFor(caller, blobId, key) });
}

export async function blobRead(caller: Caller, body: RequestOf<"blobRead">): Promise<ReplyOf<"blobRead">> {
  const { blobId, readKey, offset, length } = body;
  return caller.context.store.submit("blobRead", { key: keyFor(caller, blobId, readKey), offset, length });
}

export async function blobDelete(caller: Caller, body: RequestOf<"blobDelete">): Promise<ReplyOf<"blobDelete">> {
  const { blobId, writeKey } = body;
  return caller.context.store.submit("blobDelete", { key: keyFor(caller, blobId, writeKey) });
}

function keyFor(caller: Caller, blobId: BlobId, secret: Uint8Array) {
  return { blobId, auth: caller.context.authOf(secret) };
}
