/**
 * The rows beneath the store's operations. The engine decides what may happen; these only find and keep.
 * They are synchronous and run inside one transaction: SQLite's statements, or maps in memory.
 */
import type { AccountId, Auth, BlobId, DeviceId, Entry, EntryId, LogId, Rotation, ServerRole } from "@rempart/protocol";
import type { Device, NewKeyPackage, TokenKeyRow } from "../store-operations.ts";

export interface LogRow extends Rotation {
  /** Names the row inside the store. */
  readonly key: number;
  readonly epoch: number;
  /** 0 while the log is empty. */
  readonly headSeq: number;
  /** When the last entry was received, milliseconds; 0 while the log is empty. */
  readonly receivedAt: number;
}

/** An epoch that a commit at `endSeq` ended. */
export interface PastEpoch extends Rotation {
  readonly epoch: number;
  readonly endSeq: number;
}

export interface EntryRange {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly countMax: number;
  /** Bytes of entries, except that the first one always fits. */
  readonly bytesMax: number;
}

/** What one sweep may touch: entries older than their log's retention at `now`. */
export interface SweepBounds {
  readonly now: number;
  readonly cursor: number;
  readonly logsMax: number;
  readonly rowsMax: number;
}

export interface LogTables {
  find(logId: LogId): LogRow | undefined;
  insert(log: Rotation & { readonly logId: LogId; readonly retentionMs: number }): void;
  advance(key: number, head: { headSeq: number; receivedAt: number }): void;
  /** Files the current epoch under the past ones and installs the next. */
  rotate(log: LogRow, change: { readonly endSeq: number; readonly next: Rotation }): void;
  /** The latest past epoch with this hash. */
  pastEpoch(key: number, kind: keyof Rotation, auth: Auth): PastEpoch | undefined;
  /** The hashes with which the log was created. */
  firstEpoch(key: number): Rotation | undefined;
  /** Removes expired entries of the logs after `cursor`; `cursor` 0 means that these were the last. */
  sweep(bounds: SweepBounds): { cursor: number; removed: number };
}

export interface EntryTables {
  find(logKey: number, entryId: EntryId): { seq: number; receivedAt: number } | undefined;
  /** False, and nothing done, when the log has an entry with this id. */
  insert(logKey: number, entry: Entry): boolean;
  read(logKey: number, range: EntryRange): { entries: readonly Entry[]; hasMore: boolean };
}

export interface AccountTables {
  exists(): boolean;
  find(accountId: AccountId): ServerRole | undefined;
  insert(accountId: AccountId, role: ServerRole): void;
  profile(accountId: AccountId): Uint8Array | undefined;
  putProfile(accountId: AccountId, bytes: Uint8Array): void;
  hasClaimAuth(accountId: AccountId, auth: Auth): boolean;
  replaceClaimAuths(accountId: AccountId, auths: readonly Auth[]): void;
}

export interface InviteRow {
  readonly inviteAuth: Auth;
  /** Absent in the first invitation: nobody can revoke it. */
  readonly revokeAuth: Auth | undefined;
  readonly usesLeft: number;
  readonly expiresAt: number;
  readonly role: ServerRole;
}

export interface InviteTables {
  find(inviteAuth: Auth): InviteRow | undefined;
  insert(invite: InviteRow): void;
  setUsesLeft(inviteAuth: Auth, usesLeft: number): void;
  /** Whether there was one. */
  revoke(revokeAuth: Auth): boolean;
  isRevokeAuthTaken(revokeAuth: Auth): boolean;
  removeAll(): void;
  removeExpired(bounds: { before: number; rowsMax: number }): number;
}

export interface KeyPackageTables {
  devices(accountId: AccountId): readonly DeviceId[];
  suites(accountId: AccountId, deviceId: DeviceId): readonly number[];
  /** Single-use ones not yet handed out. */
  count(device: Device): number;
  /** Whether this package is kept or was handed out. */
  isKnown(device: Device, digest: Uint8Array): boolean;
  insert(device: Device, keyPackage: NewKeyPackage): void;
  putLastResort(device: Device, bytes: Uint8Array): void;
  lastResort(device: Device): Uint8Array | undefined;
  /** Hands one out for good, and remembers the digests of up to `spentMax` that were. */
  take(device: Device, spentMax: number): Uint8Array | undefined;
  removeDevice(accountId: AccountId, deviceId: DeviceId): void;
}

export interface BlobRow extends Rotation {
  readonly key: number;
  readonly size: number;
  readonly stored: number;
}

export interface BlobTables {
  find(blobId: BlobId): BlobRow | undefined;
  insert(blob: Rotation & { readonly blobId: BlobId; readonly size: number; readonly expiresAt: number }): void;
  /** Adds at the end: `offset` is the number of bytes stored before. */
  append(key: number, piece: { readonly offset: number; readonly bytes: Uint8Array }): void;
  read(key: number, range: { readonly offset: number; readonly length: number }): Uint8Array<ArrayBuffer>;
  /** Out of reach at once; sweeps remove the bytes. The id stays taken until then. */
  markDeleted(key: number): void;
  removeExpired(bounds: { now: number; rowsMax: number }): number;
}

export interface TokenKeyTables {
  /** Ascending by day; the first `tokenKeyRowsMax`. */
  all(): readonly TokenKeyRow[];
  /** Does nothing when the day has a key. */
  insert(key: TokenKeyRow): void;
  /** Drops the private halves of the days before. */
  forgetPrivateBefore(day: number): void;
  removeBefore(day: number): void;
}

/** One batch of tokens of one device. */
export interface GrantName {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly day: number;
}

export interface GrantTables {
  /** The digest of the batch. */
  find(name: GrantName): Uint8Array | undefined;
  /** Batches of all devices of the account, gone ones too. */
  count(accountId: AccountId, day: number): number;
  insert(name: GrantName, batch: Uint8Array): void;
  removeBefore(bounds: { day: number; rowsMax: number }): number;
}

export interface SpentTables {
  /** False, and nothing done, when it is there. */
  insert(id: Uint8Array, expiresAt: number): boolean;
  removeExpired(bounds: { before: number; rowsMax: number }): number;
}

export interface Tables {
  readonly logs: LogTables;
  readonly entries: EntryTables;
  readonly accounts: AccountTables;
  readonly invites: InviteTables;
  readonly keyPackages: KeyPackageTables;
  readonly blobs: BlobTables;
  readonly tokenKeys: TokenKeyTables;
  readonly grants: GrantTables;
  readonly spent: SpentTables;
}
