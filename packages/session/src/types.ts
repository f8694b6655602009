/**
 * What the session package promises to the client: the shapes that cross the boundary between the
 * only code that touches secrets and the code that moves and stores bytes.
 *
 * Everything here is immutable. An operation returns the group as it will be *after* it, together
 * with what has to be written; the caller writes, then applies, then announces.
 */
import type { AccountId, Auth, BlobId, Capability, DeviceId, EntryId, LogId } from "@rempart/protocol";

/** Cipher suites that Rempart groups use; the numbers are ts-mls's. */
export type SuiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519" | "MLS_256_XWING_AES256GCM_SHA512_Ed25519";

/** Where randomness and time come from; the crypto itself sits behind {@link CryptoProvider}. */
export interface Entropy {
  /** `length` unpredictable bytes (predictable from the seed in the simulator). */
  randomBytes(length: number): Uint8Array;
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** A key package as it is published, and the secrets that stay with the device. */
export interface KeyPackagePair {
  /** `MLSMessage`-framed KeyPackage (RFC 9420 §10). */
  readonly publicBytes: Uint8Array;
  /** Opaque; stored by the client under {@link reference} until a Welcome uses it. */
  readonly privateBytes: Uint8Array;
  /** KeyPackageRef (RFC 9420 §5.2), by which a Welcome names it. */
  readonly reference: Uint8Array;
  readonly suite: SuiteName;
  readonly isLastResort: boolean;
}

/** One leaf of a group, as its (verified) credential states it. */
export interface Member {
  readonly leafIndex: number;
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

export type Role = "owner" | "admin" | "member";
export type GroupKind = "direct" | "group" | "self";
/** The least role that may do a thing. */
export interface Permissions {
  readonly addMembers: Role;
  readonly removeMembers: Role;
  readonly changeInfo: Role;
  readonly send: Role;
}

/** Group state that members agree on: the `rempart_group` group-context extension. */
export interface GroupPolicy {
  readonly kind: GroupKind;
  /** At most 128 UTF-16 units; empty in direct and self groups. */
  readonly name: string;
  /** Reference of an encrypted picture, or empty. */
  readonly picture: Uint8Array;
  /** Accounts whose role is above `member`, sorted by account id. */
  readonly roles: readonly { readonly accountId: AccountId; readonly role: Exclude<Role, "member"> }[];
  readonly permissions: Permissions;
}

/** What one epoch lets its members do with the group's log; derived by the MLS exporter. */
export interface EpochKeys {
  readonly epoch: number;
  readonly readKey: Capability;
  readonly writeKey: Capability;
  readonly readAuth: Auth;
  readonly writeAuth: Auth;
}

/** A piece of persistent group state. A `snapshot` replaces the snapshot and every delta before it. */
export type GroupWrite =
  | { readonly kind: "snapshot"; readonly bytes: Uint8Array }
  | { readonly kind: "delta"; readonly key: string; readonly bytes: Uint8Array };

/** A group at one moment. The MLS state inside is private to the session package. */
export interface Group {
  readonly groupId: LogId;
  readonly suite: SuiteName;
  readonly epoch: number;
  readonly policy: GroupPolicy;
  readonly members: readonly Member[];
  readonly self: Member;
  readonly keys: EpochKeys;
  /** False once a commit removed this device. */
  readonly isActive: boolean;
  /** Proposals received and not yet committed: a leave waits here for another member's commit. */
  readonly pendingRemovals: readonly Member[];
}

/** What a member wants changed; one commit carries all of it. */
export interface CommitChange {
  /** Published key packages (`MLSMessage`-framed), one per device to add. */
  readonly add?: readonly Uint8Array[];
  readonly removeLeaves?: readonly number[];
  readonly policy?: GroupPolicy;
}

/** An encrypted blob that has to be on the server before the entry that refers to it is appended. */
export interface SealedBlob {
  readonly reference: BlobReference;
  /** Exactly `reference.size` bytes, to be uploaded under `reference.blobId`. */
  readonly ciphertext: Uint8Array;
}

/** A commit that has not been accepted by the log yet. Persist it before it is sent. */
export interface StagedCommit {
  /** Sealed and padded to one of the entry sizes: always fits the log. */
  readonly entry: Uint8Array;
  /** Present when the commit is too large for an entry, which then only refers to this blob: upload it first. */
  readonly blob?: SealedBlob;
  /** The next epoch's hashes, for `append`'s `next`. */
  readonly next: EpochKeys;
  /** The group once the log has accepted {@link entry}. */
  readonly after: Group;
  /** The snapshot of {@link after}. */
  readonly write: GroupWrite;
  /** `MLSMessage`-framed Welcome (ratchet tree inside) when the change adds someone. */
  readonly welcome?: Uint8Array;
}

/**
 * A sealed application message or proposal. Persist `writes` and the entry in one transaction, go on
 * with `after`, then send: the ratchet must never be able to forget that it was used.
 */
export interface StagedMessage {
  readonly entry: Uint8Array;
  /** As in {@link StagedCommit}. */
  readonly blob?: SealedBlob;
  readonly after: Group;
  readonly writes: readonly GroupWrite[];
}

/** What an entry of a group's log turned out to be. */
export type Opened =
  | {
      readonly kind: "application";
      readonly sender: Member;
      readonly payload: Uint8Array;
      /** Authenticated data that travelled beside the payload, as the sender gave it to `encryptMessage`. */
      readonly aad: Uint8Array;
      readonly after: Group;
      readonly writes: readonly GroupWrite[];
    }
  | {
      readonly kind: "commit";
      readonly sender: Member;
      readonly added: readonly Member[];
      readonly removed: readonly Member[];
      readonly before: Group;
      readonly after: Group;
      readonly writes: readonly GroupWrite[];
    }
  | {
      readonly kind: "proposal";
      readonly sender: Member;
      readonly after: Group;
      readonly writes: readonly GroupWrite[];
    }
  /** The content was too large for an entry: fetch the blob, decrypt it, then open that. */
  | { readonly kind: "detached"; readonly blob: BlobReference };

/** An encrypted blob: where it is and what opens it. Travels only inside encrypted messages. */
export interface BlobReference {
  readonly blobId: BlobId;
  readonly readKey: Capability;
  /** AES-256-GCM key (32 bytes). */
  readonly key: Uint8Array;
  /** SHA-256 of the ciphertext. */
  readonly hash: Uint8Array;
  /** Ciphertext bytes. */
  readonly size: number;
}

/** Where a device starts in a log it has just joined. */
export interface JoinPoint {
  readonly logId: LogId;
  /** The first seq that the joiner can open. */
  readonly fromSeq: number;
  /** The chain hash (spec/content.md, [CN32]) of the entry before it; empty when whoever tells does not know it. */
  readonly chain: Uint8Array;
}

/** Errors of this package carry one of these; the wording of `message` may change, codes may not. */
export type SessionErrorCode =
  | "ERR_MLS_MALFORMED"
  | "ERR_MLS_INVALID"
  | "ERR_MLS_WRONG_EPOCH"
  | "ERR_MLS_NOT_MEMBER"
  | "ERR_MLS_TOO_LARGE"
  /** An entry of this device that it has sent itself: its keys are spent, nothing is wrong. */
  | "ERR_MLS_OWN"
  /** This device made a commit whose keys it has lost (a restored backup): rejoin. */
  | "ERR_MLS_STALE"
  /** Proposals wait: commit before sending application messages (RFC 9420 §12.4). */
  | "ERR_MLS_PENDING"
  | "ERR_BLOB"
  | "ERR_CREDENTIAL"
  | "ERR_POLICY"
  | "ERR_OUTER_SEAL"
  | "ERR_CONTENT"
  | "ERR_LINK"
  | "ERR_PHRASE";

/** An entry staged with the id that makes its append idempotent. */
export interface OutgoingEntry {
  readonly entryId: EntryId;
  readonly bytes: Uint8Array;
}
