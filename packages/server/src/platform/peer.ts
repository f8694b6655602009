/** A WebSocket that knows whom it belongs to: what stands here needs no map from one to the other, and no closures. */
import type { Socket } from "node:net";
import type { Visit } from "@rempart/gate";
import { limits } from "@rempart/protocol";
import { type RawData, WebSocket } from "ws";
import type { Inbound } from "../core/connection.ts";
import type { Heartbeat, Pulse } from "./heartbeat.ts";
import { Quota, type QuotaLimits } from "./quota.ts";

export interface Seat {
  readonly inbound: Inbound;
  readonly socket: Socket;
  readonly heartbeat: Heartbeat<Peer>;
  /** How it came in. */
  readonly visit: Visit;
  readonly quotaLimits: QuotaLimits;
}

/** A message in more pieces than this is an attack on memory, not a message. */
const fragmentsMax = 16;
/** TCP segments of one message that wait for the rest: a full frame in segments of 256 bytes. */
const bufferedChunksMax = 256;
/** Pings whose answers wait to be sent: nobody honest has more than one. */
const pendingPongsMax = 4;
/** How long a peer may take to answer our closing handshake. */
const closeTimeoutMs = 5_000;

const webSocketOptions = { autoPong: true, maxPendingAutoPongs: pendingPongsMax, closeTimeout: closeTimeoutMs };
const receiverOptions = {
  // Several messages of one read are handled in one turn of the event loop.
  allowSynchronousEvents: true,
  maxBufferedChunks: bufferedChunksMax,
  maxFragments: fragmentsMax,
  maxPayload: limits.frameBytesMax,
  skipUTF8Validation: false,
};

/** What `WebSocketServer` uses of `ws`, and its types leave out: see `completeUpgrade` there. */
interface Upgradable {
  setSocket(socket: Socket, head: Buffer, options: typeof receiverOptions): void;
}
const ServerWebSocket = WebSocket as unknown as new (
  address: null,
  protocols: undefined,
  options: typeof webSocketOptions,
) => WebSocket & Upgradable;

export class Peer extends ServerWebSocket implements Pulse {
  bytesSeen = 0;
  silentVisits = 0;
  #seat: Seat | undefined;
  #quota: Quota | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor() {
    super(null, undefined, webSocketOptions);
  }

  /** Takes its place: everything that is received goes to `inbound`. Called once, before {@link open}. */
  attach(seat: Seat): void {
    this.#seat = seat;
    this.#quota = new Quota(seat.quotaLimits);
    seat.heartbeat.add(this);
    this.on("message", onMessage);
    this.on("ping", onControl);
    this.on("pong", onControl);
    this.on("close", onEnd);
    // `ws` has closed it already, with the code that fits; a peer's mistakes are not our news.
    this.on("error", onEnd);
  }

  /** Speaks over a paused socket whose upgrade was answered; `head` was read from it already. */
  open(socket: Socket, head: Buffer): void {
    this.setSocket(socket, head, receiverOptions);
    socket.resume();
  }

  get bytesRead(): number {
    return this.#seat?.socket.bytesRead ?? 0;
  }

  receive(data: RawData, isBinary: boolean): void {
    if (!isBinary || !(data instanceof Uint8Array)) {
      this.close(1003);
      return;
    }
    const pauseMs = this.#quota?.takeFrame(data.length, performance.now()) ?? 0;
    if (pauseMs > 0) this.#rest(pauseMs);
    this.#seat?.inbound.receive(data);
  }

  receiveControl(): void {
    if (this.#quota?.takeControl(performance.now()) === false) this.close(1008);
  }

  /** The connection is over, for whatever reason. May be called again. */
  leave(): void {
    clearTimeout(this.#pause);
    this.#seat?.heartbeat.remove(this);
    this.#seat?.inbound.closed();
    this.#seat?.visit.leave();
  }

  /** Reads no further for a while: whoever has much to say is slowed down by TCP, and loses nothing. */
  #rest(pauseMs: number): void {
    if (this.#pause !== undefined) return;
    this.pause();
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.resume();
    }, pauseMs);
  }
}

// Shared by all peers. Their types do not say that an emitter calls its listeners with itself as `this`.

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as Peer).receive(data, isBinary);
}

function onControl(this: WebSocket): void {
  (this as Peer).receiveControl();
}

function onEnd(this: WebSocket): void {
  (this as Peer).leave();
}
