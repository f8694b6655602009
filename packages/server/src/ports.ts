/** What the server's core needs from the world around it. The shell fills these for Node, the simulator for its own. */
import type { AccountId, DeviceId, Entry, LogId, ReplyOf } from "@rempart/protocol";
import type { AnswerOf, AskOf, StoreOperationName } from "./store-operations.ts";

/**
 * Keeps everything that outlives a process. Promises, held by `runStoreContract`:
 *
 * - An answer comes only after its changes are durable; a rejected operation may have been kept or not,
 *   and is safe to submit again.
 * - Operations of one store object take effect, and are answered, in the order of their submission.
 * - Each operation is atomic, across every process that shares the store's data.
 * - It refuses, and fails, with a `ProtocolError`; a value that its codec cannot carry is a bug, and a `RangeError`.
 */
export interface Store {
  submit<N extends StoreOperationName>(name: N, ask: AskOf<N>): Promise<AnswerOf<N>>;
  /** Answers what was submitted, then lets go of the data. */
  close(): Promise<void>;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. May jump, backwards too. */
  now(): number;
}

export interface Entropy {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

export interface Crypto {
  /** SHA-256, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** Whether `signature` (64 bytes) is an Ed25519 signature of `message` by `publicKey` (32 bytes); false for a key that is none. */
  verify(signed: { publicKey: Uint8Array; message: Uint8Array; signature: Uint8Array }): boolean;
}

/**
 * "The log's head is now `headSeq`." With the entry itself when the announcer has it at hand: readers that
 * are up to date take it from here, and everybody else reads the store.
 */
export interface Announcement {
  readonly logId: LogId;
  /** Absent when an append failed in a way that leaves open whether it was kept: the store has to be asked. */
  readonly headSeq?: number;
  /** The entry at `headSeq`, and whether it ended its epoch. */
  readonly entry?: Entry;
  readonly isRotation?: boolean;
}

/**
 * Tells every process of a server that a log has grown. It may repeat, reorder and, when followed by a
 * later announcement of the same log, lose announcements: what readers get comes right through the store.
 */
export interface Bus {
  /** Where announcements of joined logs are delivered. Set once, before the first `join`. */
  listen(deliver: (announcement: Announcement) => void): void;
  /** Resolves when announcements of this log made from now on will be delivered. */
  join(logId: LogId): Promise<void>;
  leave(logId: LogId): void;
  announce(announcement: Announcement): void;
}

/** A device's tokens of one day, blinded. */
export interface TokenAsk {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
  readonly day: number;
  /** `tokensPerDay` RSA numbers, one behind another. */
  readonly blinded: Uint8Array;
}

/** Issues tokens for the gate. */
export interface TokenIssuer {
  /** What everybody is told of the keys. Throws `ERR_BUSY` while today has none. */
  keys(): ReplyOf<"tokenKeys">;
  /**
   * The blind signatures, in order; the same ask gets the same ones. Rejects with `ERR_BUSY` in anything but quiet,
   * `ERR_QUOTA` when the device has had others, `ERR_DENIED` when the account has no such device, `ERR_EXPIRED` when
   * it is not the key's day, `ERR_MALFORMED` when a number is not below the modulus.
   */
  issue(ask: TokenAsk): Promise<Uint8Array>;
}

/** WebSocket close codes (RFC 6455 §7.4.1) that the core uses. */
export type CloseCode = 1001 | 1002 | 1008 | 1013;

/** The way out of one connection. */
export interface Outbound {
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Queues one frame. The same array may be sent to many connections: nobody writes to it. */
  send(frame: Uint8Array): void;
  /** Sends what is queued, then closes. Nothing is sent after it. */
  close(code: CloseCode): void;
}
