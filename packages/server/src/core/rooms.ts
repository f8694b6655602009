/** Who follows which log, live, in this process. */
import { asId, encodePush, type LogId } from "@rempart/protocol";
import type { Announcement, Bus } from "../ports.ts";
import { packed, unpacked } from "./packed.ts";

/** A connection's interest in one log. */
export interface Follower {
  /** Whether it has everything before `nextSeq`, and takes what is announced as it comes. */
  readonly isLive: boolean;
  readonly nextSeq: number;
  /** Whether its way out has room for more. */
  readonly hasRoom: boolean;
  /** Hands over the entry `nextSeq`, encoded; `isRotation` when it is the last that this key may read. */
  deliver(frame: Uint8Array, isRotation: boolean): void;
  /** There is more than `deliver` was given: read the store. */
  fallBehind(): void;
}

/** The followers of one log. */
export class Room {
  /** The log's id, packed. */
  readonly key: string;
  readonly followers = new Set<Follower>();
  /** Resolves when the bus delivers this log's announcements. */
  readonly ready: Promise<void>;
  /** The highest head announced since the room was made: never go live below it. */
  announcedSeq = 0;
  /** How often it was left open whether the log has grown: whoever reads the store meanwhile reads it again. */
  doubts = 0;

  constructor(key: string, bus: Bus) {
    this.key = key;
    this.ready = bus.join(this.logId);
  }

  get logId(): LogId {
    return asId("LogId", unpacked(this.key));
  }
}

export class Rooms {
  readonly #bus: Bus;
  readonly #rooms = new Map<string, Room>();

  constructor(bus: Bus) {
    this.#bus = bus;
    bus.listen((announcement) => this.#deliver(announcement));
  }

  /** The log's room, made if there is none. */
  enter(logId: LogId, follower: Follower): Room {
    const key = packed(logId);
    let room = this.#rooms.get(key);
    if (room === undefined) {
      room = new Room(key, this.#bus);
      this.#rooms.set(key, room);
    }
    room.followers.add(follower);
    return room;
  }

  leave(room: Room, follower: Follower): void {
    if (!room.followers.delete(follower) || room.followers.size > 0) return;
    this.#rooms.delete(room.key);
    this.#bus.leave(room.logId);
  }

  /** Every frame is built once, for all of a log's followers. */
  #deliver({ logId, headSeq, entry, isRotation = false }: Announcement): void {
    const room = this.#rooms.get(packed(logId));
    if (room === undefined) return;
    if (headSeq === undefined) {
      room.doubts += 1;
      for (const follower of room.followers) if (follower.isLive) follower.fallBehind();
      return;
    }
    room.announcedSeq = Math.max(room.announcedSeq, headSeq);
    let frame: Uint8Array | undefined;
    for (const follower of room.followers) {
      if (!follower.isLive || headSeq < follower.nextSeq) continue;
      if (entry?.seq !== follower.nextSeq || !follower.hasRoom) {
        follower.fallBehind();
        continue;
      }
      frame ??= encodePush("entries", { logId, entries: [entry] });
      follower.deliver(frame, isRotation);
    }
  }
}
