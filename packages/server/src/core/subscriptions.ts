/**
 * The logs that one connection follows. A subscription is *behind*, and read from the store, or *live*,
 * and fed by announcements. Invariants:
 *
 * 1. Everything before `nextSeq` has been sent, once and in order; nothing from it on.
 * 2. It goes live only when the store had nothing more and no higher head, nor a doubt, was announced meanwhile.
 * 3. At most one read is under way per connection, and none while its way out is full.
 */
import {
  asId,
  encodePush,
  ProtocolError,
  type PushName,
  type PushOf,
  type ReplyOf,
  type RequestOf,
  limits as wireLimits,
} from "@rempart/protocol";
import type { Outbound } from "../ports.ts";
import type { LogSlice } from "../store-operations.ts";
import type { Context } from "./context.ts";
import { packed, unpacked } from "./packed.ts";
import type { Follower, Room } from "./rooms.ts";

type Wanted = RequestOf<"subscribe">["subscriptions"][number];
type Result = ReplyOf<"subscribe">["results"][number];

/** What the subscriptions need from their connection. */
export interface Subscriber {
  readonly context: Context;
  readonly outbound: Outbound;
  readonly isOpen: boolean;
  send(frame: Uint8Array): void;
  /** The store failed while entries were due: the connection cannot keep its promise. */
  fail(error: unknown): void;
}

class Subscription implements Follower {
  readonly owner: Subscriptions;
  readonly room: Room;
  /** The hash of its key, packed. */
  readonly readAuth: string;
  nextSeq: number;
  isLive = false;
  /** The room's doubts when the store was last asked. */
  doubtsSettled = 0;

  constructor(owner: Subscriptions, wanted: Wanted) {
    this.owner = owner;
    this.readAuth = packed(owner.authOf(wanted));
    this.nextSeq = wanted.fromSeq;
    this.room = owner.enter(wanted, this);
  }

  get hasRoom(): boolean {
    return this.owner.hasRoom;
  }

  deliver(frame: Uint8Array, isRotation: boolean): void {
    this.nextSeq += 1;
    this.owner.deliverLive(this, frame, isRotation);
  }

  fallBehind(): void {
    this.owner.fallBehind(this);
  }
}

/** The state of a subscription as the store just gave it. */
interface Opened {
  readonly subscription: Subscription;
  readonly slice: LogSlice;
}

export class Subscriptions {
  readonly #subscriber: Subscriber;
  readonly #byLog = new Map<string, Subscription>();
  /** Those that are read next, in turn. Absent while there are none, as on nearly every connection: sets take memory. */
  #behind: Set<Subscription> | undefined;
  #isReading = false;

  constructor(subscriber: Subscriber) {
    this.#subscriber = subscriber;
  }

  get hasRoom(): boolean {
    const { outbound, context } = this.#subscriber;
    return outbound.bufferedBytes < context.limits.streamBufferedBytesMax;
  }

  /**
   * Checks the keys and finds out how far each log goes. Nothing is sent before `start`, so that the reply
   * goes out first. The logs' rooms are entered before the store is asked: no entry falls in between.
   */
  async open(wanted: readonly Wanted[]): Promise<{ results: Result[]; start: () => void }> {
    this.#requireRoomFor(wanted);
    const subscriptions = wanted.map((one) => this.#add(one));
    try {
      await Promise.all(subscriptions.map(({ room }) => room.ready));
      const slices = await this.#read(subscriptions, { entriesMax: 0 });
      const opened = subscriptions.flatMap((subscription, index) => {
        const slice = slices[index];
        return slice === undefined ? [] : [{ subscription, slice }];
      });
      for (const { subscription, slice } of opened) if (slice.status !== 0) this.#remove(subscription);
      return { results: opened.map(resultOf), start: () => this.#start(opened) };
    } catch (error) {
      for (const subscription of subscriptions) this.#remove(subscription);
      throw error;
    }
  }

  close(logId: Uint8Array): void {
    const subscription = this.#byLog.get(packed(logId));
    if (subscription !== undefined) this.#remove(subscription);
  }

  closeAll(): void {
    for (const subscription of this.#byLog.values()) this.#remove(subscription);
  }

  /** Reads on for the subscriptions that are behind, as far as the way out has room. */
  pump(): void {
    const { context, isOpen } = this.#subscriber;
    if (!isOpen || this.#isReading || this.#behind === undefined || !this.hasRoom) return;
    this.#isReading = true;
    context.catchUpReads
      .run(() => this.#catchUp())
      .then(
        () => {
          this.#isReading = false;
          this.pump();
        },
        (error) => this.#subscriber.fail(error),
      );
  }

  authOf(wanted: Wanted): Uint8Array {
    return this.#subscriber.context.authOf(wanted.readKey);
  }

  enter(wanted: Wanted, follower: Follower): Room {
    return this.#subscriber.context.rooms.enter(wanted.logId, follower);
  }

  deliverLive(subscription: Subscription, frame: Uint8Array, isRotation: boolean): void {
    this.#subscriber.context.counters.liveEntries += 1;
    this.#subscriber.send(frame);
    if (isRotation) this.#lapse(subscription);
  }

  fallBehind(subscription: Subscription): void {
    this.#subscriber.context.counters.fallsBehind += 1;
    subscription.isLive = false;
    this.#queue(subscription);
    this.pump();
  }

  #requireRoomFor(wanted: readonly Wanted[]): void {
    const fresh = wanted.filter(({ logId }) => !this.#byLog.has(packed(logId))).length;
    if (this.#byLog.size + fresh > wireLimits.subscriptionsPerConnectionMax) {
      throw new ProtocolError("ERR_QUOTA", "too many subscriptions on one connection");
    }
  }

  /** A second subscription to a log takes the first one's place. */
  #add(wanted: Wanted): Subscription {
    this.close(wanted.logId);
    const subscription = new Subscription(this, wanted);
    this.#byLog.set(subscription.room.key, subscription);
    this.#subscriber.context.counters.subscriptions += 1;
    return subscription;
  }

  #remove(subscription: Subscription): void {
    const { rooms, counters } = this.#subscriber.context;
    rooms.leave(subscription.room, subscription);
    this.#unqueue(subscription);
    if (!this.#isCurrent(subscription)) return;
    this.#byLog.delete(subscription.room.key);
    counters.subscriptions -= 1;
  }

  #queue(subscription: Subscription): void {
    this.#behind ??= new Set();
    this.#behind.add(subscription);
  }

  #unqueue(subscription: Subscription): void {
    if (this.#behind?.delete(subscription) && this.#behind.size === 0) this.#behind = undefined;
  }

  #isCurrent(subscription: Subscription): boolean {
    return this.#byLog.get(subscription.room.key) === subscription;
  }

  #start(opened: readonly Opened[]): void {
    for (const { subscription, slice } of opened) {
      if (slice.status !== 0 || !this.#isCurrent(subscription)) continue;
      // A cursor beyond the head comes from a history that this server does not have: go on at the head.
      subscription.nextSeq = Math.max(1, Math.min(subscription.nextSeq, slice.headSeq + 1));
      if (subscription.nextSeq > slice.headSeq) this.#arrive(subscription, slice);
      else this.#queue(subscription);
    }
    this.pump();
  }

  async #read(subscriptions: readonly Subscription[], { entriesMax }: { entriesMax: number }) {
    const { store, limits } = this.#subscriber.context;
    for (const subscription of subscriptions) subscription.doubtsSettled = subscription.room.doubts;
    const ranges = subscriptions.map(({ room, readAuth, nextSeq }) => ({
      logId: room.logId,
      readAuth: asId("Auth", unpacked(readAuth)),
      fromSeq: nextSeq,
    }));
    return (await store.submit("logsRead", { ranges, entriesMax, bytesMax: limits.streamBufferedBytesMax })).slices;
  }

  async #catchUp(): Promise<void> {
    const { limits } = this.#subscriber.context;
    const batch = firstOf(this.#behind ?? [], limits.catchUpRangesMax);
    if (batch.length === 0) return;
    const slices = await this.#read(batch, { entriesMax: wireLimits.entriesPerFrameMax });
    for (const [index, slice] of slices.entries()) {
      const subscription = batch[index];
      if (subscription !== undefined && this.#isCurrent(subscription)) this.#advance(subscription, slice);
    }
  }

  #advance(subscription: Subscription, slice: LogSlice): void {
    if (slice.status !== 0) throw new ProtocolError("ERR_STORAGE", "a log can no longer be read");
    const last = slice.entries.at(-1);
    if (last !== undefined) {
      this.#push("entries", { logId: subscription.room.logId, entries: slice.entries });
      this.#subscriber.context.counters.caughtUpEntries += slice.entries.length;
      subscription.nextSeq = last.seq + 1;
    }
    // One that has more goes to the end of the queue: no log waits for another's whole history.
    this.#unqueue(subscription);
    if (slice.hasMore) this.#queue(subscription);
    else this.#arrive(subscription, slice);
  }

  /** The store had nothing more. What it had lost to expiry, nobody waits for. */
  #arrive(subscription: Subscription, { headSeq, isLapsed }: LogSlice): void {
    const { room, doubtsSettled } = subscription;
    subscription.nextSeq = headSeq + 1;
    if (isLapsed) {
      this.#lapse(subscription);
    } else if (room.announcedSeq > headSeq || room.doubts > doubtsSettled) {
      this.#queue(subscription);
    } else {
      subscription.isLive = true;
      this.#push("caughtUp", { logId: room.logId, headSeq });
    }
  }

  #lapse(subscription: Subscription): void {
    this.#remove(subscription);
    this.#push("lapsed", { logId: subscription.room.logId, seq: subscription.nextSeq - 1 });
  }

  #push<N extends PushName>(name: N, body: PushOf<N>): void {
    this.#subscriber.send(encodePush(name, body));
  }
}

function resultOf({ slice: { status, headSeq, epoch } }: Opened): Result {
  return { status, headSeq, epoch };
}

function firstOf<T>(values: Iterable<T>, countMax: number): T[] {
  const first: T[] = [];
  for (const value of values) {
    if (first.length === countMax) break;
    first.push(value);
  }
  return first;
}
