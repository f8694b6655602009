/**
 * A malicious server: stands between the honest one and a device, and tampers with what the device is sent.
 * It holds no keys, so all that it can do is withhold, reorder, repeat, and tell different devices different
 * histories. A lie lasts for one link; only a {@link Fork} is kept up over all of a device's links.
 */
import {
  decodeReceived,
  decodeReply,
  decodeRequest,
  type Entry,
  encodePush,
  encodeReply,
  encodeRequest,
  type Push,
  type Request,
  toHex,
} from "@rempart/protocol";
import type { ServerEnd } from "./network.ts";
import type { Random } from "./random.ts";

export const lies = ["withhold", "gap", "repeat", "reorder"] as const;
export type Lie = (typeof lies)[number];

/** One entry of one log that one device is never shown; what follows moves up by one. */
export interface Fork {
  readonly log: string;
  readonly hiddenSeq: number;
}

type EntriesPush = Extract<Push, { name: "entries" }>;

/** Tampers with one link. Frames that are no entries pass untouched, in their order. */
export class Liar {
  readonly #end: ServerEnd;
  readonly #random: Random;
  #lie: Lie | undefined;
  #victim: string | undefined;
  #held: Uint8Array | undefined;
  /** Whether anything that the device was sent on this link was not the truth. */
  hasLied = false;

  constructor(end: ServerEnd, random: Random) {
    this.#end = end;
    this.#random = random;
  }

  /** From the next entries on, lies about one log; other logs are left alone. */
  begin(lie: Lie): void {
    this.#lie = lie;
    this.#victim = undefined;
  }

  end(): void {
    this.#lie = undefined;
  }

  /** Passes a frame of the honest server on, or something in its place. */
  send(frame: Uint8Array): void {
    const push = this.#lie === undefined ? undefined : entriesOf(frame);
    if (this.#lie === undefined || push === undefined) {
      this.#end.send(frame);
      return;
    }
    const log = toHex(push.body.logId);
    this.#victim ??= log;
    if (log !== this.#victim) this.#end.send(frame);
    else this.#tamper(this.#lie, frame);
  }

  #tamper(lie: Lie, frame: Uint8Array): void {
    this.hasLied = true;
    switch (lie) {
      case "withhold":
        return;
      case "gap":
        if (this.#random.chance(0.5)) this.#end.send(frame);
        return;
      case "repeat":
        this.#end.send(frame);
        this.#end.send(frame);
        return;
      case "reorder": {
        const held = this.#held;
        this.#held = held === undefined ? frame : undefined;
        if (held === undefined) return;
        this.#end.send(frame);
        this.#end.send(held);
      }
    }
  }
}

function entriesOf(frame: Uint8Array): EntriesPush | undefined {
  const received = decodeReceived(frame);
  return received.kind === "push" && received.push.name === "entries" ? received.push : undefined;
}

/**
 * Keeps up a fork towards one device: translates seqs both ways, so that the history the device sees is
 * dense and plausible, and lacks one entry.
 */
export class ForkView {
  readonly #fork: Fork;
  readonly #asked = new Map<number, Request>();

  constructor(fork: Fork) {
    this.#fork = fork;
  }

  /** What the honest server is asked when the device asks this. */
  fromDevice(frame: Uint8Array): Uint8Array {
    const request = decodeRequest(frame);
    this.#asked.set(request.requestId, request);
    if (request.name === "subscribe") {
      const subscriptions = request.body.subscriptions.map((one) =>
        this.#concerns(one.logId) ? { ...one, fromSeq: this.#trueSeq(one.fromSeq) } : one,
      );
      return encodeRequest("subscribe", request.requestId, { subscriptions });
    }
    if (request.name === "read" && this.#concerns(request.body.logId)) {
      return encodeRequest("read", request.requestId, {
        ...request.body,
        fromSeq: this.#trueSeq(request.body.fromSeq),
      });
    }
    return frame;
  }

  /** What the device is told when the honest server says this; `undefined` for nothing. */
  fromServer(frame: Uint8Array): Uint8Array | undefined {
    const received = decodeReceived(frame);
    if (received.kind === "error") return frame;
    if (received.kind === "reply") return this.#reply(frame, received.requestId, received.body);
    const { push } = received;
    if (push.name === "goodbye" || !this.#concerns(push.body.logId)) return frame;
    const { logId } = push.body;
    if (push.name === "caughtUp") return encodePush("caughtUp", { logId, headSeq: this.#shownSeq(push.body.headSeq) });
    if (push.name === "lapsed") return encodePush("lapsed", { logId, seq: this.#shownSeq(push.body.seq) });
    const entries = this.#shown(push.body.entries);
    return entries.length === 0 ? undefined : encodePush("entries", { logId, entries });
  }

  #reply(frame: Uint8Array, requestId: number, body: Uint8Array): Uint8Array {
    const request = this.#asked.get(requestId);
    this.#asked.delete(requestId);
    if (request?.name === "append" && this.#concerns(request.body.logId)) {
      const reply = decodeReply("append", body);
      return encodeReply("append", requestId, { ...reply, seq: this.#shownSeq(reply.seq) });
    }
    if (request?.name === "read" && this.#concerns(request.body.logId)) {
      const reply = decodeReply("read", body);
      const headSeq = this.#shownSeq(reply.headSeq);
      return encodeReply("read", requestId, { ...reply, headSeq, entries: this.#shown(reply.entries) });
    }
    if (request?.name === "subscribe") {
      const { subscriptions } = request.body;
      const results = decodeReply("subscribe", body).results.map((result, i) => {
        const logId = subscriptions[i]?.logId;
        return logId !== undefined && this.#concerns(logId)
          ? { ...result, headSeq: this.#shownSeq(result.headSeq) }
          : result;
      });
      return encodeReply("subscribe", requestId, { results });
    }
    return frame;
  }

  #concerns(logId: Uint8Array): boolean {
    return toHex(logId) === this.#fork.log;
  }

  #shown(entries: readonly Entry[]): Entry[] {
    return entries
      .filter(({ seq }) => seq !== this.#fork.hiddenSeq)
      .map((entry) => ({ ...entry, seq: this.#shownSeq(entry.seq) }));
  }

  #shownSeq(seq: number): number {
    return seq >= this.#fork.hiddenSeq ? seq - 1 : seq;
  }

  #trueSeq(seq: number): number {
    return seq >= this.#fork.hiddenSeq ? seq + 1 : seq;
  }
}
