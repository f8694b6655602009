/**
 * What the core asks of its store, as codecs: one definition gives the types, and the bytes that travel
 * to a worker thread. Keys never get here, only their SHA-256 hashes.
 */
import {
  bool,
  bytes,
  type Codec,
  empty,
  entryCodec,
  fixed,
  id,
  limits,
  list,
  optional,
  roleCodec,
  rsaBytes,
  struct,
  u16,
  u32,
  u53,
  type ValueOf,
} from "@rempart/protocol";

interface StoreOperation<Q, A> {
  readonly ask: Codec<Q>;
  readonly answer: Codec<A>;
}

function operation<Q, A>(ask: Codec<Q>, answer: Codec<A>): StoreOperation<Q, A> {
  return { ask, answer };
}

const auth = id("Auth");
const digest = fixed(32);

const logRange = struct({ logId: id("LogId"), readAuth: auth, fromSeq: u53 });
export type LogRange = ValueOf<typeof logRange>;

/** `status` is 0 or an error number; the rest is 0, false or empty when it is not 0. */
const logSlice = struct({
  status: u16,
  /** The last entry that this key may read. */
  headSeq: u53,
  /** The epoch of this key. */
  epoch: u53,
  /** Whether the key's epoch is over: `headSeq` is then the commit that ended it. */
  isLapsed: bool,
  /** Whether kept entries up to `headSeq` remain after these. */
  hasMore: bool,
  entries: list(entryCodec, limits.entriesPerFrameMax),
});
export type LogSlice = ValueOf<typeof logSlice>;

const device = struct({ accountId: id("AccountId"), deviceId: id("DeviceId"), suite: u16 });

const newKeyPackage = struct({ digest, bytes: bytes(limits.keyPackageBytesMax) });
export type NewKeyPackage = ValueOf<typeof newKeyPackage>;

const claimedKeyPackage = struct({
  deviceId: id("DeviceId"),
  isLastResort: bool,
  bytes: bytes(limits.keyPackageBytesMax),
});
export type ClaimedKeyPackage = ValueOf<typeof claimedKeyPackage>;

/** A private key in PKCS #8: RSA-2048 takes some 1,220 bytes. */
const tokenPrivateKeyBytesMax = 2_048;

/** Days of keys that a store has: as many as are in force, tomorrow's, and those kept to say "expired". */
export const tokenKeyRowsMax = 64;

/** `privateKey` is gone once nothing more is signed with it. */
const tokenKeyRow = struct({
  day: u32,
  modulus: fixed(rsaBytes),
  privateKey: optional(bytes(tokenPrivateKeyBytesMax)),
});
export type TokenKeyRow = ValueOf<typeof tokenKeyRow>;

const blobKey = struct({ blobId: id("BlobId"), auth });

/** Their order is the number by which they travel to the worker, within one version of the program. */
export const storeOperations = {
  logCreate: operation(
    struct({ logId: id("LogId"), readAuth: auth, writeAuth: auth, retentionMs: u53, now: u53 }),
    empty,
  ),
  append: operation(
    struct({
      logId: id("LogId"),
      writeAuth: auth,
      entryId: id("EntryId"),
      ifEpoch: optional(u53),
      next: optional(struct({ readAuth: auth, writeAuth: auth })),
      bytes: bytes(limits.entryBytesMax),
      now: u53,
    }),
    /** `isRepeat`: the entry was there already, with these numbers. */
    struct({ seq: u53, receivedAt: u53, isRepeat: bool }),
  ),
  /**
   * Slices of several logs, in order, as many as fit `bytesMax` (of entries; at least one entry if there
   * is one) — so possibly fewer slices than ranges. `entriesMax` 0 asks for the state of each log only.
   */
  logsRead: operation(
    struct({ ranges: list(logRange, limits.subscriptionsPerRequestMax), entriesMax: u16, bytesMax: u32 }),
    struct({ slices: list(logSlice, limits.subscriptionsPerRequestMax) }),
  ),
  /** Removes what has expired, a bounded piece at a time; `cursor` starts at 0 and comes back as 0 after a full round. */
  sweep: operation(
    struct({ now: u53, cursor: u53, logsMax: u32, rowsMax: u32 }),
    struct({ cursor: u53, removed: u32 }),
  ),

  accountRegister: operation(
    struct({ accountId: id("AccountId"), inviteAuth: auth, now: u53 }),
    struct({ role: roleCodec }),
  ),
  accountFind: operation(struct({ accountId: id("AccountId") }), struct({ role: optional(roleCodec) })),
  /** While no account exists: replaces every invitation by this one, for one admin. */
  inviteFirst: operation(struct({ inviteAuth: auth, expiresAt: u53 }), struct({ isCreated: bool })),
  inviteCreate: operation(
    struct({ inviteAuth: auth, revokeAuth: auth, uses: u16, expiresAt: u53, role: roleCodec }),
    empty,
  ),
  inviteFind: operation(struct({ inviteAuth: auth, now: u53 }), struct({ usesLeft: u16, expiresAt: u53 })),
  inviteRevoke: operation(struct({ revokeAuth: auth }), empty),
  claimAuthsPut: operation(struct({ accountId: id("AccountId"), auths: list(auth, limits.claimAuthsMax) }), empty),
  profilePut: operation(struct({ accountId: id("AccountId"), bytes: bytes(limits.profileBytesMax) }), empty),
  profileGet: operation(
    struct({ accountId: id("AccountId"), claimAuth: auth }),
    struct({ bytes: bytes(limits.profileBytesMax) }),
  ),
  keyPackagesPublish: operation(
    struct({
      device,
      packages: list(newKeyPackage, limits.keyPackagesPerRequestMax),
      lastResort: optional(newKeyPackage),
    }),
    struct({ count: u16 }),
  ),
  keyPackagesCount: operation(struct({ device }), struct({ count: u16 })),
  keyPackagesClaim: operation(
    struct({ accountId: id("AccountId"), claimAuth: auth, suite: u16 }),
    struct({ packages: list(claimedKeyPackage, limits.devicesPerAccountMax) }),
  ),
  deviceRemove: operation(struct({ accountId: id("AccountId"), deviceId: id("DeviceId") }), empty),

  blobCreate: operation(
    struct({ blobId: id("BlobId"), readAuth: auth, writeAuth: auth, size: u53, expiresAt: u53 }),
    empty,
  ),
  blobWrite: operation(
    struct({ key: blobKey, offset: u53, bytes: bytes(limits.blobChunkBytesMax) }),
    struct({ stored: u53 }),
  ),
  blobStat: operation(struct({ key: blobKey }), struct({ size: u53, stored: u53 })),
  blobRead: operation(
    struct({ key: blobKey, offset: u53, length: u32 }),
    struct({ bytes: bytes(limits.blobChunkBytesMax) }),
  ),
  blobDelete: operation(struct({ key: blobKey }), empty),

  /** Every key of the issuer that is kept, ascending by day. */
  tokenKeysRead: operation(empty, struct({ keys: list(tokenKeyRow, tokenKeyRowsMax) })),
  /** Keeps a key for a day that has none; of several processes that each made one, the first wins. */
  tokenKeyAdd: operation(
    struct({ day: u32, modulus: fixed(rsaBytes), privateKey: bytes(tokenPrivateKeyBytesMax), today: u32 }),
    empty,
  ),
  /** Grants a device its one batch of `today`; the same batch again is granted again, after its day too. */
  tokensGrant: operation(
    struct({ accountId: id("AccountId"), deviceId: id("DeviceId"), day: u32, batch: digest, today: u32 }),
    empty,
  ),
  /** Marks something as used until `expiresAt`. */
  spend: operation(struct({ id: digest, expiresAt: u53 }), struct({ isFresh: bool })),
} as const;

export type StoreOperationName = keyof typeof storeOperations;
export type AskOf<N extends StoreOperationName> = ValueOf<(typeof storeOperations)[N]["ask"]>;
export type AnswerOf<N extends StoreOperationName> = ValueOf<(typeof storeOperations)[N]["answer"]>;
export type Device = ValueOf<typeof device>;

export const storeOperationNames = Object.keys(storeOperations) as readonly StoreOperationName[];
