/** One connection that has not been admitted: what it has sent so far, and how far it has come. Small: there are thousands. */
import type { Socket } from "node:net";
import type { Visit } from "../core/visit.ts";

/**
 * Where a guest stands. Not quite the visit's stage: behind a proxy nobody knows yet who visits, and after a refusal
 * there is still somebody to see out.
 */
export type Phase =
  /** A proxy may say who is behind it. */
  | "proxy"
  /** Its ClientHello is read. */
  | "peek"
  /** It waits for its handshake, or is in it. */
  | "tls"
  | "head"
  | "proof"
  /** Its proof is being checked. */
  | "judged"
  /** The website has it. */
  | "website"
  /** Refused: what we said has to reach it, and it has to go. */
  | "leaving"
  /** It is nobody's guest any more: the connection was handed over, or has closed. */
  | "gone";

/** Who looks after guests. */
export interface Host {
  /** More bytes have come; `guest.bytes` holds all that wait. */
  received(guest: Guest): void;
  /** The peer has closed its side. */
  ended(guest: Guest): void;
  closed(guest: Guest): void;
}

const guestKey = Symbol("guest");
type GuestSocket = Socket & { [guestKey]?: Guest };

const none = Buffer.alloc(0);

export class Guest {
  /** The TCP connection. */
  readonly raw: Socket;
  /** What is read from and written to: the TCP connection, or TLS over it. */
  stream: Socket;
  phase: Phase;
  /** When it entered its phase, on the clock that never goes back. */
  since: number;
  /** Unknown until a listed proxy has said who is behind it. */
  visit: Visit | undefined;
  bytes: Buffer = none;
  /** CPU that the beginning of its handshake took, without the answer to its hello; 0 before. */
  handshakeMs = 0;
  /** Which of the two TLS contexts of its kind it goes to. */
  context: 0 | 1 = 0;
  /** TLS sessions (DER) of the tickets that it was given as a stranger. */
  readonly sessions: Buffer[] = [];
  /** Whether what it sends lies unread until it has its turn. */
  isWaiting = false;
  /** Reads that `bytes` came in. */
  pieces = 0;
  readonly #host: Host;

  constructor(host: Host, options: { raw: Socket; phase: Phase; visit: Visit | undefined; since: number }) {
    this.#host = host;
    this.raw = options.raw;
    this.stream = options.raw;
    this.phase = options.phase;
    this.visit = options.visit;
    this.since = options.since;
    // A reset must not end the process; "close" follows it.
    (this.raw as GuestSocket)[guestKey] = this;
    this.raw.on("error", ignore);
    this.raw.on("close", onClose);
  }

  /** Whose guest the owner of this TCP connection is. */
  static of(raw: Socket): Guest | undefined {
    return (raw as GuestSocket)[guestKey];
  }

  /** Reads from `stream` from now on. */
  listen(stream: Socket): void {
    (stream as GuestSocket)[guestKey] = this;
    this.stream = stream;
    stream.on("data", onData);
    stream.on("end", onEnd);
    if (stream !== this.raw) stream.on("error", ignore);
    stream.resume();
  }

  /** Stops reading and puts everything that nobody has taken back into the stream, for its next reader to resume. */
  release(): Socket {
    const { stream, bytes } = this;
    stream.pause();
    stream.off("data", onData);
    stream.off("end", onEnd);
    this.bytes = none;
    this.pieces = 0;
    if (bytes.length > 0) stream.unshift(bytes);
    return stream;
  }

  /** Leaves the connection to its next owner, who hears of its errors and its end from now on. */
  handOver(): void {
    this.phase = "gone";
    this.stream.off("error", ignore);
    this.raw.off("close", onClose);
    delete (this.raw as GuestSocket)[guestKey];
    delete (this.stream as GuestSocket)[guestKey];
  }

  /** Takes the first `count` bytes away. */
  took(count: number): void {
    this.bytes = count === this.bytes.length ? none : this.bytes.subarray(count);
    this.pieces = 1;
  }

  receive(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    this.pieces += 1;
    this.#host.received(this);
  }

  end(): void {
    this.#host.ended(this);
  }

  close(): void {
    this.#host.closed(this);
  }
}

// Shared by all guests: no closure stays with a connection.

function onData(this: Socket, chunk: Buffer): void {
  Guest.of(this)?.receive(chunk);
}

function onEnd(this: Socket): void {
  Guest.of(this)?.end();
}

function onClose(this: Socket): void {
  Guest.of(this)?.close();
}

function ignore(): void {
  // The socket closes by itself, and `onClose` hears of that.
}
