/** Which function answers which request. `hello` and `subscribe` belong to the connection itself. */
import { heldBytes, type OperationName, type ReplyOf, type Request, type RequestOf } from "@rempart/protocol";
import * as blobs from "./blob-requests.ts";
import type { Caller } from "./caller.ts";
import * as directory from "./directory-requests.ts";
import * as logs from "./log-requests.ts";
import * as tokens from "./token-requests.ts";

type Answer<N extends OperationName> = (caller: Caller, body: RequestOf<N>) => Promise<ReplyOf<N>>;

/** Requests that are answered alike: a question, and the reply to it. */
export type PlainName = Exclude<OperationName, "hello" | "subscribe" | "unsubscribe">;

const answers: { readonly [N in PlainName]: Answer<N> } = {
  ping: async ({ context }) => ({ now: context.clock.now() }),
  register: directory.register,
  authenticate: directory.authenticate,
  create: logs.create,
  append: logs.append,
  read: logs.read,
  inviteCreate: directory.inviteCreate,
  inviteStatus: directory.inviteStatus,
  inviteRevoke: directory.inviteRevoke,
  claimAuthsPut: directory.claimAuthsPut,
  profilePut: directory.profilePut,
  profileGet: directory.profileGet,
  keyPackagesPublish: directory.keyPackagesPublish,
  keyPackagesCount: directory.keyPackagesCount,
  keyPackagesClaim: directory.keyPackagesClaim,
  deviceRemove: directory.deviceRemove,
  blobCreate: blobs.blobCreate,
  blobWrite: blobs.blobWrite,
  blobStat: blobs.blobStat,
  blobRead: blobs.blobRead,
  blobDelete: blobs.blobDelete,
  tokensIssue: tokens.tokensIssue,
  tokenKeys: tokens.tokenKeys,
};

export function answerOf<N extends PlainName>(caller: Caller, name: N, body: RequestOf<N>): Promise<ReplyOf<N>> {
  return answers[name](caller, body);
}

/** What moves many bytes and can wait: history and files. Everything else, a message above all, goes first. */
export const bulk: ReadonlySet<OperationName> = new Set(["read", "blobRead", "blobWrite"]);

/** What a request may hold while it waits. */
export interface Room {
  /** Bytes of the request and its reply, of its connection's allowance. */
  readonly ownBytes: number;
  /** Bytes of the process's allowance: of bulk the request alone, for few of their replies are made at once. */
  readonly sharedBytes: number;
  readonly isBulk: boolean;
}

export function roomFor({ name }: Request, frame: Uint8Array): Room {
  const ownBytes = heldBytes(name, frame.length);
  const isBulk = bulk.has(name);
  return { ownBytes, sharedBytes: isBulk ? frame.length : ownBytes, isBulk };
}
