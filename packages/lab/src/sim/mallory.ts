/**
 * A member who means harm. Whoever may write to a log holds its write capability, and the frames that
 * pass show it; so Mallory connects with a link of her own and appends what she likes: noise of a
 * plausible size, entries that were there before, commits that nobody can open.
 */

import type { Link } from "@rempart/client";
import { asId, type EntryId, encode, encodeRequest, entrySizes, proofCodec, protocolVersion } from "@rempart/protocol";
import type { Device } from "./device.ts";
import { fairWeather } from "./network.ts";
import type { Random } from "./random.ts";
import { type Stage, serverOrigin } from "./stage.ts";
import type { SeenAppend, WireObserver } from "./wire-observer.ts";

export class Mallory {
  readonly #stage: Stage;
  readonly #observer: WireObserver;
  #link: Link | undefined;
  #isOpen = false;
  #requests = 0;

  constructor(stage: Stage, observer: WireObserver) {
    this.#stage = stage;
    this.#observer = observer;
  }

  /** Appends junk to a log that this device has written to, with the capability that it used. */
  strike(device: Device, random: Random): void {
    const seen = random.pick(this.#observer.appends.filter((append) => append.device === device.name));
    if (seen === undefined) return;
    if (this.#isOpen) this.#append(seen, junkLike(seen, random), asId("EntryId", random.bytes(16)));
    else this.#connect();
  }

  /** No link, no junk. */
  rest(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#isOpen = false;
  }

  #append({ logId, writeKey }: SeenAppend, bytes: Uint8Array, entryId: EntryId): void {
    const body = { logId, writeKey: asId("Capability", writeKey), entryId, bytes, ifEpoch: undefined, next: undefined };
    this.#link?.send(encodeRequest("append", ++this.#requests, body));
  }

  #connect(): void {
    if (this.#link !== undefined) return;
    const port = this.#stage.network.portFor({ name: malloryName, weather: { ...fairWeather }, isAlive: () => true });
    this.#link = port.connect(serverOrigin, {
      opened: () => {
        this.#isOpen = true;
        this.#link?.send(encode(proofCodec, { kind: "none" }));
        this.#link?.send(encodeRequest("hello", ++this.#requests, { version: protocolVersion, agent: "mallory" }));
      },
      frame: () => undefined,
      closed: () => {
        this.#isOpen = false;
        this.#link = undefined;
      },
    });
  }
}

const malloryName = "mallory";

function junkLike(seen: SeenAppend, random: Random): Uint8Array {
  const kind = random.weighted({ replay: 3, damaged: 3, noise: 2, short: 1 });
  if (kind === "replay") return seen.bytes;
  if (kind === "short") return random.bytes(random.below(64));
  if (kind === "noise") return random.bytes(random.pick(entrySizes) ?? 1_024);
  const damaged = seen.bytes.slice();
  const at = random.below(damaged.length);
  damaged[at] = (damaged[at] ?? 0) ^ (1 + random.below(255));
  return damaged;
}
