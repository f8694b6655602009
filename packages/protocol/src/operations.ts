/**
 * Everything that a client can ask of a server, with the shapes of question and answer. The rules behind
 * each are in spec/wire.md and spec/log.md. Numbers are for ever.
 */
import {
  bool,
  bytes,
  type Codec,
  empty,
  fixed,
  id,
  list,
  oneOf,
  optional,
  struct,
  text,
  u16,
  u32,
  u53,
  type ValueOf,
} from "./codec.ts";
import { gateLimits } from "./gate/limits.ts";
import { rsaBytes } from "./gate/token.ts";
import { challengeBytes, limits } from "./limits.ts";

/** One entry of a log as readers receive it. `receivedAt` is in milliseconds since the Unix epoch. */
export const entryCodec = struct({
  seq: u53,
  receivedAt: u53,
  entryId: id("EntryId"),
  bytes: bytes(limits.entryBytesMax),
});
export type Entry = ValueOf<typeof entryCodec>;

const entries = list(entryCodec, limits.entriesPerFrameMax);

/** How long the server keeps a log's entries; 0 means the server's default. */
const logPolicy = struct({ retentionSeconds: u32 });
export type LogPolicy = ValueOf<typeof logPolicy>;

/** The next epoch's hashes, installed by the commit they come with. */
const rotation = struct({ readAuth: id("Auth"), writeAuth: id("Auth") });
export type Rotation = ValueOf<typeof rotation>;

const subscription = struct({ logId: id("LogId"), readKey: id("Capability"), fromSeq: u53 });
export type Subscription = ValueOf<typeof subscription>;

/** `status` is 0 or an error number; the rest is 0 when it is not 0. */
const subscribed = struct({ status: u16, headSeq: u53, epoch: u53 });

export const roleCodec = oneOf("member", "admin");
/** What an account may do on its server; nothing to do with roles inside groups. */
export type ServerRole = ValueOf<typeof roleCodec>;

const signature = fixed(64);

/** As many RSA-2048 numbers, one behind another, as a device has tokens a day: never more, never fewer. */
const tokenBatch = fixed(gateLimits.tokensPerDay * rsaBytes);

/** `day`: the UTC day since the Unix epoch on which the issuer signs with this key. */
const tokenKey = struct({ day: u32, modulus: fixed(rsaBytes) });
export type TokenKey = ValueOf<typeof tokenKey>;

/** Days of keys in one list: those that are kept, today and tomorrow. */
const tokenKeysMax = gateLimits.tokenDaysKept + 2;

interface Operation<Q, A> {
  readonly number: number;
  readonly request: Codec<Q>;
  readonly reply: Codec<A>;
}

function operation<Q, A>(number: number, request: Codec<Q>, reply: Codec<A>): Operation<Q, A> {
  return { number, request, reply };
}

export const operations = {
  /** First on every connection. The challenge is signed by `register` and `authenticate`. */
  hello: operation(
    1,
    struct({ version: u16, agent: text(limits.agentBytesMax) }),
    struct({ version: u16, agent: text(limits.agentBytesMax), challenge: fixed(challengeBytes), now: u53 }),
  ),
  ping: operation(2, empty, struct({ now: u53 })),
  /** Spends one use of an invitation; an account that exists already is simply authenticated. */
  register: operation(
    3,
    struct({ inviteSecret: id("InviteSecret"), accountId: id("AccountId"), signature }),
    struct({ role: roleCodec }),
  ),
  authenticate: operation(4, struct({ accountId: id("AccountId"), signature }), struct({ role: roleCodec })),

  create: operation(
    16,
    struct({ logId: id("LogId"), readAuth: id("Auth"), writeAuth: id("Auth"), policy: logPolicy }),
    empty,
  ),
  append: operation(
    17,
    struct({
      logId: id("LogId"),
      writeKey: id("Capability"),
      entryId: id("EntryId"),
      ifEpoch: optional(u53),
      next: optional(rotation),
      bytes: bytes(limits.entryBytesMax),
    }),
    struct({ seq: u53, receivedAt: u53 }),
  ),
  read: operation(
    18,
    struct({ logId: id("LogId"), readKey: id("Capability"), fromSeq: u53, limit: u16 }),
    struct({ entries, headSeq: u53, epoch: u53 }),
  ),
  subscribe: operation(
    19,
    struct({ subscriptions: list(subscription, limits.subscriptionsPerRequestMax) }),
    struct({ results: list(subscribed, limits.subscriptionsPerRequestMax) }),
  ),
  unsubscribe: operation(20, struct({ logIds: list(id("LogId"), limits.subscriptionsPerRequestMax) }), empty),

  inviteCreate: operation(
    32,
    struct({ inviteAuth: id("Auth"), revokeAuth: id("Auth"), uses: u16, expiresAt: u53, role: roleCodec }),
    empty,
  ),
  inviteStatus: operation(33, struct({ inviteSecret: id("InviteSecret") }), struct({ usesLeft: u16, expiresAt: u53 })),
  inviteRevoke: operation(34, struct({ revokeKey: id("Capability") }), empty),
  /** Replaces the hashes of the claim keys under which this account can be reached. */
  claimAuthsPut: operation(35, struct({ auths: list(id("Auth"), limits.claimAuthsMax) }), empty),
  profilePut: operation(36, struct({ bytes: bytes(limits.profileBytesMax) }), empty),
  profileGet: operation(
    37,
    struct({ accountId: id("AccountId"), claimKey: id("Capability") }),
    struct({ bytes: bytes(limits.profileBytesMax) }),
  ),
  keyPackagesPublish: operation(
    40,
    struct({
      deviceId: id("DeviceId"),
      suite: u16,
      packages: list(bytes(limits.keyPackageBytesMax), limits.keyPackagesPerRequestMax),
      lastResort: optional(bytes(limits.keyPackageBytesMax)),
    }),
    struct({ count: u16 }),
  ),
  keyPackagesCount: operation(41, struct({ deviceId: id("DeviceId"), suite: u16 }), struct({ count: u16 })),
  /** One key package for each device of the account: single-use first, the last resort when they are gone. */
  keyPackagesClaim: operation(
    42,
    struct({ accountId: id("AccountId"), claimKey: id("Capability"), suite: u16 }),
    struct({
      packages: list(
        struct({ deviceId: id("DeviceId"), isLastResort: bool, bytes: bytes(limits.keyPackageBytesMax) }),
        limits.devicesPerAccountMax,
      ),
    }),
  ),
  /** Forgets a device's key packages: it was signed out. */
  deviceRemove: operation(43, struct({ deviceId: id("DeviceId") }), empty),

  blobCreate: operation(
    48,
    struct({ blobId: id("BlobId"), readAuth: id("Auth"), writeAuth: id("Auth"), size: u53, retentionSeconds: u32 }),
    empty,
  ),
  /** `offset` must be the number of bytes stored so far; `ERR_OFFSET` says to ask `blobStat` and go on. */
  blobWrite: operation(
    49,
    struct({ blobId: id("BlobId"), writeKey: id("Capability"), offset: u53, bytes: bytes(limits.blobChunkBytesMax) }),
    struct({ stored: u53 }),
  ),
  /** Takes either capability of the blob. */
  blobStat: operation(50, struct({ blobId: id("BlobId"), key: id("Capability") }), struct({ size: u53, stored: u53 })),
  blobRead: operation(
    51,
    struct({ blobId: id("BlobId"), readKey: id("Capability"), offset: u53, length: u32 }),
    struct({ bytes: bytes(limits.blobChunkBytesMax) }),
  ),
  blobDelete: operation(52, struct({ blobId: id("BlobId"), writeKey: id("Capability") }), empty),

  /** The day's tokens of one device: blinded messages in, blind signatures out, in the same order. */
  tokensIssue: operation(
    56,
    struct({ deviceId: id("DeviceId"), day: u32, blinded: tokenBatch }),
    struct({ signatures: tokenBatch }),
  ),
  /** The issuer's keys, ascending by day; the same list for everybody, and nobody has to sign in for it. */
  tokenKeys: operation(57, empty, struct({ today: u32, keys: list(tokenKey, tokenKeysMax) })),
} as const;

export type OperationName = keyof typeof operations;
export type RequestOf<N extends OperationName> = ValueOf<(typeof operations)[N]["request"]>;
export type ReplyOf<N extends OperationName> = ValueOf<(typeof operations)[N]["reply"]>;

const byNumber = new Map<number, OperationName>(
  Object.entries(operations).map(([name, { number }]) => [number, name as OperationName]),
);

/** The operation with this number, or `undefined`. */
export function operationOf(number: number): OperationName | undefined {
  return byNumber.get(number);
}

/** Requests whose replies may be as large as a frame, however small they are themselves. */
export const largeReplies: ReadonlySet<OperationName> = new Set(["read", "keyPackagesClaim", "blobRead"]);

/** Bytes that a request of `frameBytes` holds of its connection's room while it waits: its own, or those of its reply (WR9). */
export function heldBytes(name: OperationName, frameBytes: number): number {
  return largeReplies.has(name) ? limits.frameBytesMax : frameBytes;
}

/** What a server sends without being asked. */
export const pushes = {
  /** Entries of a subscribed log, in order, without gaps since the last ones. */
  entries: { number: 0xc0, codec: struct({ logId: id("LogId"), entries }) },
  /** Catch-up is over: everything up to `headSeq` has been sent, live entries follow. */
  caughtUp: { number: 0xc1, codec: struct({ logId: id("LogId"), headSeq: u53 }) },
  /** A commit (at `seq`, already sent) rotated the capabilities: subscribe again with the new one. */
  lapsed: { number: 0xc2, codec: struct({ logId: id("LogId"), seq: u53 }) },
  /** The server is about to close; come back after `retryAfterMs`, jittered. */
  goodbye: { number: 0xc3, codec: struct({ code: u16, retryAfterMs: u32 }) },
} as const;

export type PushName = keyof typeof pushes;
export type PushOf<N extends PushName> = ValueOf<(typeof pushes)[N]["codec"]>;

export const errorReplyCodec = struct({
  code: u16,
  retryAfterMs: u32,
  message: text(limits.errorMessageBytesMax),
});
