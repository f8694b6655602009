/**
 * The way out of one WebSocket, written to its socket directly. What is sent in one turn of the event loop
 * leaves in one write, and a frame that goes to many is framed once.
 */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { CloseCode, Outbound } from "../ports.ts";

/** Gathers the outbounds that have something to write. */
export class Flusher {
  #waiting: SocketOutbound[] = [];
  #isScheduled = false;

  add(outbound: SocketOutbound): void {
    this.#waiting.push(outbound);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const each of waiting) each.flush();
    });
  }
}

export class SocketOutbound implements Outbound {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #flusher: Flusher;
  #pieces: Buffer[] = [];
  #pendingBytes = 0;
  /** Called whenever the network has taken a write: a stream's own "drain" knows nothing of what waits here. */
  #onWritten: () => void = () => undefined;

  constructor(webSocket: WebSocket, socket: Socket, flusher: Flusher) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#flusher = flusher;
  }

  onWritten(listener: () => void): void {
    this.#onWritten = listener;
  }

  get bufferedBytes(): number {
    return this.#pendingBytes + this.#socket.writableLength;
  }

  send(frame: Uint8Array): void {
    const piece = framed(frame);
    this.#pieces.push(piece);
    this.#pendingBytes += piece.length;
    if (this.#pieces.length === 1) this.#flusher.add(this);
  }

  close(code: CloseCode): void {
    this.flush();
    this.#webSocket.close(code);
  }

  flush(): void {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    const bytes = this.#pendingBytes;
    this.#pieces = [];
    this.#pendingBytes = 0;
    if (!this.#socket.writable || this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    // One copy of small pieces costs less than a vector of them.
    const [first] = pieces;
    if (pieces.length === 1 && first !== undefined) this.#socket.write(first, this.#onWritten);
    else this.#socket.write(Buffer.concat(pieces, bytes), this.#onWritten);
  }
}

let lastFrame: Uint8Array | undefined;
let lastFramed: Buffer = Buffer.alloc(0);

/** The frame as one unmasked, final, binary WebSocket message (RFC 6455 §5.2), remembered for the next of its readers. */
function framed(frame: Uint8Array): Buffer {
  if (frame === lastFrame) return lastFramed;
  const { length } = frame;
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const out = Buffer.allocUnsafe(headBytes + length);
  out[0] = 0x82;
  if (headBytes === 2) {
    out[1] = length;
  } else if (headBytes === 4) {
    out[1] = 126;
    out.writeUInt16BE(length, 2);
  } else {
    out[1] = 127;
    out.writeBigUInt64BE(BigInt(length), 2);
  }
  out.set(frame, headBytes);
  lastFrame = frame;
  lastFramed = out;
  return out;
}
