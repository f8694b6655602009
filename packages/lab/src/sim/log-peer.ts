/**
 * A peer that speaks the wire and nothing else: no MLS, no database. It exercises the server's promises about
 * logs harder and faster than whole clients can: entries are plain, and a commit carries the next epoch's
 * keys in the open, so that every reader can follow.
 */
import type { Link, Network } from "@rempart/client";
import {
  accountProof,
  asId,
  authOf,
  type Capability,
  decode,
  decodeReceived,
  decodeReply,
  type Entry,
  type EntryId,
  encode,
  encodeRequest,
  hostOf,
  type LogId,
  type OperationName,
  proofCodec,
  protocolVersion,
  type RequestOf,
  toHex,
  verdictCodec,
} from "@rempart/protocol";
import type { Random } from "./random.ts";
import { type Stage, serverOrigin } from "./stage.ts";

export interface EpochPair {
  readonly readKey: Capability;
  readonly writeKey: Capability;
}

interface Outgoing {
  readonly log: PeerLog;
  readonly entryId: EntryId;
  readonly bytes: Uint8Array;
  /** Set when this is a commit: the epoch it ends, and the next one's keys. */
  readonly commit?: { readonly epoch: number; readonly next: EpochPair };
  isUnderWay: boolean;
}

export interface PeerLog {
  readonly logId: LogId;
  readonly entries: Entry[];
  epoch: number;
  keys: EpochPair;
  isCreated: boolean;
  isSubscribed: boolean;
}

export interface LogPeerOptions {
  readonly name: string;
  readonly stage: Stage;
  readonly random: Random;
  readonly network: Network;
  readonly signUp: { readonly inviteSecret: Uint8Array; readonly seed: Uint8Array; readonly publicKey: Uint8Array };
  readonly sign: (seed: Uint8Array, message: Uint8Array) => Uint8Array;
}

const commitMark = 0xc0;
const speechMark = 0x01;
const retryMs = 700;

export class LogPeer {
  readonly name: string;
  readonly logs = new Map<string, PeerLog>();
  /** Entry ids that were answered for, with their place. */
  readonly acked: { readonly log: string; readonly entryId: string; readonly seq: number }[] = [];
  readonly #options: LogPeerOptions;
  readonly #outbox: Outgoing[] = [];
  readonly #asked = new Map<number, (reply: { body?: Uint8Array; code?: string }) => void>();
  #link: Link | undefined;
  /** Whether the gate has let this link in. */
  #isInside = false;
  #isReady = false;
  #requests = 0;

  constructor(options: LogPeerOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get unsent(): number {
    return this.#outbox.length;
  }

  connect(): void {
    this.#isInside = false;
    this.#isReady = false;
    this.#asked.clear();
    for (const log of this.logs.values()) log.isSubscribed = false;
    for (const outgoing of this.#outbox) outgoing.isUnderWay = false;
    this.#link = this.#options.network.connect(serverOrigin, {
      opened: () => this.#greet(),
      frame: (bytes) => this.#receive(bytes),
      closed: () => this.#later(() => this.connect()),
    });
  }

  /** Follows a log whose first keys are known; whoever made it up creates it first. */
  follow(logId: LogId, keys: EpochPair, { isNew }: { readonly isNew: boolean }): void {
    const log: PeerLog = { logId, entries: [], epoch: 0, keys, isCreated: !isNew, isSubscribed: false };
    this.logs.set(toHex(logId), log);
    this.#open(log);
  }

  /** Queues an entry of these bytes; the first says what it is. */
  say(log: PeerLog, bytes: Uint8Array): void {
    bytes[0] = speechMark;
    const entryId = asId("EntryId", this.#options.random.bytes(16));
    this.#outbox.push({ log, entryId, bytes, isUnderWay: false });
    this.#send();
  }

  commit(log: PeerLog): void {
    const { random } = this.#options;
    const next = { readKey: asId("Capability", random.bytes(32)), writeKey: asId("Capability", random.bytes(32)) };
    const bytes = Uint8Array.of(commitMark, ...next.readKey, ...next.writeKey);
    const entryId = asId("EntryId", random.bytes(16));
    this.#outbox.push({ log, entryId, bytes, commit: { epoch: log.epoch, next }, isUnderWay: false });
    this.#send();
  }

  #greet(): void {
    const { signUp, sign } = this.#options;
    this.#link?.send(encode(proofCodec, { kind: "none" }));
    const accountId = asId("AccountId", signUp.publicKey);
    this.#ask("hello", { version: protocolVersion, agent: "log peer" }, ({ body }) => {
      if (body === undefined) return;
      const { challenge } = decodeReply("hello", body);
      const signature = sign(
        signUp.seed,
        accountProof("register", { challenge, host: hostOf(serverOrigin), accountId }),
      );
      const inviteSecret = asId("InviteSecret", signUp.inviteSecret);
      this.#ask("register", { inviteSecret, accountId, signature }, ({ code }) => {
        if (code !== undefined) {
          this.#link?.close();
          this.#later(() => this.connect());
          return;
        }
        this.#isReady = true;
        for (const log of this.logs.values()) this.#open(log);
        this.#send();
      });
    });
  }

  #open(log: PeerLog): void {
    if (!this.#isReady) return;
    if (log.isCreated) {
      this.#subscribe(log);
      return;
    }
    const { logId, keys } = log;
    const auths = { readAuth: authOf(keys.readKey), writeAuth: authOf(keys.writeKey) };
    this.#ask("create", { logId, ...auths, policy: { retentionSeconds: 0 } }, ({ code }) => {
      log.isCreated = code === undefined;
      if (log.isCreated) this.#subscribe(log);
      else this.#later(() => this.#open(log));
    });
  }

  #subscribe(log: PeerLog): void {
    if (log.isSubscribed || !this.#isReady) return;
    log.isSubscribed = true;
    const { logId, keys, entries } = log;
    const subscription = { logId, readKey: keys.readKey, fromSeq: entries.length + 1 };
    this.#ask("subscribe", { subscriptions: [subscription] }, ({ body }) => {
      const status = body === undefined ? 1 : decodeReply("subscribe", body).results[0]?.status;
      if (status === 0) return;
      log.isSubscribed = false;
      this.#later(() => this.#subscribe(log));
    });
  }

  #send(): void {
    if (!this.#isReady) return;
    for (const outgoing of this.#outbox) if (!outgoing.isUnderWay) this.#append(outgoing);
  }

  #append(outgoing: Outgoing): void {
    const { log, entryId, bytes, commit } = outgoing;
    outgoing.isUnderWay = true;
    const rotation = commit && { readAuth: authOf(commit.next.readKey), writeAuth: authOf(commit.next.writeKey) };
    const body = {
      logId: log.logId,
      writeKey: log.keys.writeKey,
      entryId,
      bytes,
      ifEpoch: commit?.epoch,
      next: rotation,
    };
    this.#ask("append", body, (reply) => {
      if (reply.body !== undefined) {
        const { seq } = decodeReply("append", reply.body);
        this.acked.push({ log: toHex(log.logId), entryId: toHex(entryId), seq });
        this.#forget(outgoing);
        return;
      }
      outgoing.isUnderWay = false;
      // A commit that lost its race is given up: the winner has been committed in its place.
      if (reply.code === "ERR_EPOCH" && commit !== undefined) this.#forget(outgoing);
      else this.#later(() => this.#send());
    });
  }

  #forget(outgoing: Outgoing): void {
    const at = this.#outbox.indexOf(outgoing);
    if (at >= 0) this.#outbox.splice(at, 1);
  }

  #receive(bytes: Uint8Array): void {
    if (!this.#isInside) {
      this.#isInside = decode(verdictCodec, bytes).kind === "admitted";
      return;
    }
    const received = decodeReceived(bytes);
    if (received.kind !== "push") {
      const answer = this.#asked.get(received.requestId);
      this.#asked.delete(received.requestId);
      answer?.(received.kind === "reply" ? { body: received.body } : { code: received.error.code });
      return;
    }
    const { push } = received;
    if (push.name === "entries") for (const entry of push.body.entries) this.#take(push.body.logId, entry);
    if (push.name !== "lapsed") return;
    const log = this.logs.get(toHex(push.body.logId));
    if (log === undefined) return;
    log.isSubscribed = false;
    this.#subscribe(log);
  }

  #take(logId: LogId, entry: Entry): void {
    const log = this.logs.get(toHex(logId));
    if (log === undefined || entry.seq <= log.entries.length) return;
    if (entry.seq !== log.entries.length + 1) {
      const { violations } = this.#options.stage;
      violations.report("I1", `${this.name} received seq ${entry.seq} of a log after ${log.entries.length}`);
    }
    log.entries.push(entry);
    if (entry.bytes[0] !== commitMark) return;
    log.epoch++;
    const readKey = asId("Capability", entry.bytes.slice(1, 33));
    log.keys = { readKey, writeKey: asId("Capability", entry.bytes.slice(33, 65)) };
    this.#send();
  }

  #ask<N extends OperationName>(
    name: N,
    body: RequestOf<N>,
    answered: (reply: { body?: Uint8Array; code?: string }) => void,
  ): void {
    const requestId = ++this.#requests;
    this.#asked.set(requestId, answered);
    this.#link?.send(encodeRequest(name, requestId, body));
  }

  #later(run: () => void): void {
    this.#options.stage.schedule.after(retryMs, `timer ${this.name}`, run);
  }
}
