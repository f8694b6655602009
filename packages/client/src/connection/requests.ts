/** Requests of one link and the answers they wait for. */
import {
  decodeReply,
  encodeRequest,
  heldBytes,
  largeReplies,
  type OperationName,
  ProtocolError,
  type ReplyOf,
  type RequestOf,
} from "@rempart/protocol";
import { ClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";
import type { Clock, Link } from "../ports.ts";
import { InFlight } from "./in-flight.ts";

interface Waiting {
  readonly name: OperationName;
  readonly resolve: (body: never) => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
  readonly answered: (() => void) | undefined;
  /** What it holds while it is in flight. */
  readonly bytes: number;
}

const bounds = { countMax: clientLimits.requestsInFlightMax, bytesMax: clientLimits.inFlightBytesMax };

export class Requests {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #onTimeout: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #large = new InFlight(bounds);
  readonly #others = new InFlight(bounds);
  #lastId = 0;
  #isClosed = false;

  /** `onTimeout` is called when an answer is overdue: the link is then of no use. */
  constructor(link: Link, clock: Clock, onTimeout: () => void) {
    this.#link = link;
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /**
   * Rejects with the server's `ProtocolError`, or with `ERR_OFFLINE` or `ERR_TIMEOUT`. `answered` is called
   * with the reply itself, before any frame after it is looked at; the promise settles a little later.
   */
  send<N extends OperationName>(name: N, body: RequestOf<N>, answered?: () => void): Promise<ReplyOf<N>> {
    if (this.#isClosed) return Promise.reject(offline());
    const id = (this.#lastId % 0xffff_ffff) + 1;
    let frame: Uint8Array;
    try {
      frame = encodeRequest(name, id, body);
    } catch (error) {
      const isKnown = error instanceof ProtocolError;
      return Promise.reject(isKnown ? error : new ClientError("ERR_ARGUMENT", "the request cannot be written"));
    }
    this.#lastId = id;
    const bytes = heldBytes(name, frame.length);
    return new Promise((resolve, reject) => {
      const start = () => this.#start(id, frame, { name, bytes, resolve, reject, answered });
      this.#inFlight(name).depart({ bytes, start, reject });
    });
  }

  #inFlight(name: OperationName): InFlight {
    return largeReplies.has(name) ? this.#large : this.#others;
  }

  #start(id: number, frame: Uint8Array, request: Omit<Waiting, "cancel">): void {
    const cancel = this.#clock.after(clientLimits.requestTimeoutMs, () => {
      this.#take(id)?.reject(new ClientError("ERR_TIMEOUT", "the server did not answer in time"));
      this.#onTimeout();
    });
    this.#waiting.set(id, { ...request, cancel });
    this.#link.send(frame);
  }

  /** Hands an answer to whoever waits for it. Throws `ERR_MALFORMED` when its body is none. */
  answer(id: number, body: Uint8Array): void {
    const waiting = this.#take(id);
    if (waiting === undefined) return;
    try {
      const reply = decodeReply(waiting.name, body);
      waiting.answered?.();
      waiting.resolve(reply as never);
    } catch (error) {
      waiting.reject(new ClientError("ERR_MALFORMED", "the server's answer cannot be read"));
      throw error;
    }
  }

  refuse(id: number, error: ProtocolError): void {
    this.#take(id)?.reject(error);
  }

  /** Ends all that waits with `ERR_OFFLINE`: whether the server acted on it is not known. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of [...this.#large.takeQueued(), ...this.#others.takeQueued()]) reject(offline());
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(offline());
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    waiting.cancel();
    this.#inFlight(waiting.name).arrived(waiting.bytes);
    return waiting;
  }
}

export function offline(): ClientError {
  return new ClientError("ERR_OFFLINE", "there is no connection to the server");
}
