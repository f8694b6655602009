/**
 * Sees every frame on the network and every change of the server's store, and compares the two with what
 * a log promises. It knows nothing of groups or plaintexts: this is the server as its peers see it.
 */
import { createHash } from "node:crypto";
import {
  decodeReceived,
  decodeReply,
  decodeRequest,
  type Entry,
  type LogId,
  limits,
  type Request,
  toHex,
} from "@rempart/protocol";
import type { AnswerOf, AskOf, StoreOperationName } from "@rempart/server";
import type { SimLink, Tap } from "./network.ts";
import type { SecretRegister } from "./secrets.ts";
import type { Trace } from "./trace.ts";
import type { Violations } from "./violation.ts";

/** What a member who means harm can use again: everything it saw pass. */
export interface SeenAppend {
  readonly logId: LogId;
  readonly writeKey: Uint8Array;
  readonly bytes: Uint8Array;
  readonly isCommit: boolean;
  /** Who sent it. */
  readonly device: string;
}

export interface WireObserverOptions {
  readonly trace: Trace;
  readonly violations: Violations;
  readonly secrets: SecretRegister;
  /** Most bytes that a server may have waiting for one connection. */
  readonly outboundBytesMax: number;
  /** False for a link whose server lies on purpose: what arrives there proves nothing. */
  readonly isHonest: (link: SimLink) => boolean;
}

export class WireObserver implements Tap {
  readonly #options: WireObserverOptions;
  /** Per log, the entry at each seq; index 0 is seq 1. */
  readonly #logs = new Map<string, Stored[]>();
  readonly #requests = new WeakMap<SimLink, Map<number, Request>>();
  /** Where each link's stream of each log stands: the last seq pushed since its last subscription. */
  readonly #streams = new WeakMap<SimLink, Map<string, number>>();
  /** Links whose proof has passed, and those whose verdict has: the first message each way. */
  readonly #shown = new WeakSet<SimLink>();
  readonly #judged = new WeakSet<SimLink>();
  readonly appends: SeenAppend[] = [];
  framesSeen = 0;
  bytesSeen = 0;

  constructor(options: WireObserverOptions) {
    this.#options = options;
  }

  /** Length of a log as the store has it. */
  headOf(log: string): number {
    return this.#logs.get(log)?.length ?? 0;
  }

  get entryCount(): number {
    let count = 0;
    for (const log of this.#logs.values()) count += log.length;
    return count;
  }

  atServer(link: SimLink, frame: Uint8Array): void {
    this.#count(link, "up", frame);
    const found = this.#options.secrets.find(frame);
    if (found !== undefined) this.#options.violations.report("I5", `${link.name} sent ${found} to the server`);
    if (isFirst(this.#shown, link)) return;
    let request: Request;
    try {
      request = decodeRequest(frame);
    } catch {
      // Junk that a simulated attacker sends: the server's answer to it is the server's affair.
      return;
    }
    this.#requestsOf(link).set(request.requestId, request);
    if (request.name === "append") this.#rememberAppend(link, request.body);
  }

  atDevice(link: SimLink, frame: Uint8Array): void {
    this.#count(link, "down", frame);
    if (isFirst(this.#judged, link)) return;
    if (!this.#options.isHonest(link)) return;
    const received = decodeReceived(frame);
    if (received.kind === "push" && received.push.name === "entries") {
      this.#streamed(link, received.push.body.logId, received.push.body.entries);
    }
    if (received.kind === "reply") this.#replied(link, received.requestId, received.body);
    if (received.kind === "error") this.#requestsOf(link).delete(received.requestId);
  }

  queued(link: SimLink, bufferedBytes: number): void {
    const max = this.#options.outboundBytesMax;
    if (bufferedBytes > max) {
      this.#options.violations.report(
        "I6",
        `the server has ${bufferedBytes} bytes waiting for ${link.name}, ${max} at most`,
      );
    }
  }

  /** Every operation of the server's store that took effect. */
  stored<N extends StoreOperationName>(name: N, ask: AskOf<N>, answer: AnswerOf<N>): void {
    if (name === "append") this.#storedAppend(ask as AskOf<"append">, answer as AnswerOf<"append">);
    if (name === "logsRead") {
      const { ranges } = ask as AskOf<"logsRead">;
      (answer as AnswerOf<"logsRead">).slices.forEach(({ entries }, i) => {
        const range = ranges[i];
        if (range !== undefined) this.#checkEntries("the store", range.logId, entries);
      });
    }
  }

  #storedAppend(ask: AskOf<"append">, answer: AnswerOf<"append">): void {
    const { violations } = this.#options;
    const log = toHex(ask.logId);
    const entries = this.#logs.get(log) ?? [];
    this.#logs.set(log, entries);
    const entryId = toHex(ask.entryId);
    if (answer.isRepeat) {
      // A client may have sealed the same content anew: what counts is what came first.
      if (entries[answer.seq - 1]?.entryId !== entryId) {
        violations.report(
          "I1",
          `a repeated append to ${log} was answered with seq ${answer.seq}, which holds another entry`,
        );
      }
      return;
    }
    if (answer.seq !== entries.length + 1) {
      violations.report("I1", `log ${log} went from seq ${entries.length} to ${answer.seq}`);
    }
    entries.push({ entryId, print: fingerprint(ask.entryId, ask.bytes) });
  }

  #streamed(link: SimLink, logId: LogId, entries: readonly Entry[]): void {
    const log = toHex(logId);
    this.#checkEntries(link.name, logId, entries);
    let last = this.#streamsOf(link).get(log);
    for (const { seq } of entries) {
      // The first entries may begin late, where what came before has expired; from then on there are no gaps.
      if (last !== undefined && seq <= last) {
        this.#options.violations.report("I1", `${link.name} received seq ${seq} of log ${log} after ${last}`);
      }
      last = seq;
    }
    if (last !== undefined) this.#streamsOf(link).set(log, last);
  }

  #replied(link: SimLink, requestId: number, body: Uint8Array): void {
    const requests = this.#requestsOf(link);
    const request = requests.get(requestId);
    requests.delete(requestId);
    if (request === undefined) {
      this.#options.violations.report("I1", `${link.name} received a reply to a request it had not made`);
      return;
    }
    if (request.name === "append") {
      const { seq } = decodeReply("append", body);
      const kept = this.#logs.get(toHex(request.body.logId))?.[seq - 1];
      if (kept?.entryId !== toHex(request.body.entryId)) {
        this.#options.violations.report("I2", `${link.name} was told that its entry is at seq ${seq}; it is not`);
      }
    }
    if (request.name === "subscribe") {
      // From here on the link carries the new subscription's entries; those before were the old one's.
      for (const { logId, fromSeq } of request.body.subscriptions) this.#streamsOf(link).set(toHex(logId), fromSeq - 1);
    }
    if (request.name === "read") {
      this.#checkEntries(link.name, request.body.logId, decodeReply("read", body).entries);
    }
  }

  /** One history: the entry at a seq is the one that was stored there, whoever reads it and whenever. */
  #checkEntries(reader: string, logId: LogId, entries: readonly Entry[]): void {
    const log = toHex(logId);
    const kept = this.#logs.get(log);
    let last: number | undefined;
    for (const { seq, entryId, bytes } of entries) {
      if (kept?.[seq - 1]?.print !== fingerprint(entryId, bytes)) {
        this.#options.violations.report(
          "I1",
          `${reader} read an entry at seq ${seq} of log ${log} that was not stored there`,
        );
      }
      if (last !== undefined && seq !== last + 1) {
        this.#options.violations.report("I1", `${reader} read seq ${seq} of log ${log} right after ${last}`);
      }
      last = seq;
    }
  }

  #rememberAppend(link: SimLink, body: AskedAppend): void {
    if (this.appends.length >= appendsKeptMax) this.appends.shift();
    const { logId, writeKey, bytes, ifEpoch } = body;
    this.appends.push({ logId, writeKey, bytes, isCommit: ifEpoch !== undefined, device: link.device });
  }

  #count(link: SimLink, way: "up" | "down", frame: Uint8Array): void {
    this.framesSeen++;
    this.bytesSeen += frame.length;
    this.#options.trace.note(`${way} ${link.name}`, frame);
  }

  #requestsOf(link: SimLink): Map<number, Request> {
    const known = this.#requests.get(link) ?? new Map<number, Request>();
    this.#requests.set(link, known);
    if (known.size > 4 * limits.requestsInFlightMax) {
      this.#options.violations.report("I6", `${link.name} has ${known.size} requests without an answer`);
    }
    return known;
  }

  #streamsOf(link: SimLink): Map<string, number> {
    const known = this.#streams.get(link) ?? new Map<string, number>();
    this.#streams.set(link, known);
    return known;
  }
}

interface Stored {
  readonly entryId: string;
  /** Hash of the entry id and the bytes. */
  readonly print: string;
}

type AskedAppend = Extract<Request, { name: "append" }>["body"];

const appendsKeptMax = 400;

function isFirst(seen: WeakSet<SimLink>, link: SimLink): boolean {
  if (seen.has(link)) return false;
  seen.add(link);
  return true;
}

function fingerprint(entryId: Uint8Array, bytes: Uint8Array): string {
  return createHash("sha256").update(entryId).update(bytes).digest("base64");
}
