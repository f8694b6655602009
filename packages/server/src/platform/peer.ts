/** A WebSocket that knows whom it belongs to: what stands here needs no map from one to the other, and no closures. */
import type { Socket } from "node:net";
import { type RawData, WebSocket } from "ws";
import type { Inbound } from "../core/connection.ts";
import type { Heartbeat, Pulse } from "./heartbeat.ts";

export interface Seat {
  readonly inbound: Inbound;
  readonly socket: Socket;
  readonly heartbeat: Heartbeat<Peer>;
}

export class Peer extends WebSocket implements Pulse {
  bytesSeen = 0;
  silentVisits = 0;
  #inbound: Inbound | undefined;
  #socket: Socket | undefined;
  #heartbeat: Heartbeat<Peer> | undefined;

  /** Hands everything that is received to `inbound`. Called once, before anything is. */
  attach({ inbound, socket, heartbeat }: Seat): void {
    this.#inbound = inbound;
    this.#socket = socket;
    this.#heartbeat = heartbeat;
    heartbeat.add(this);
    this.on("message", onMessage);
    this.on("close", onEnd);
    // `ws` has closed it already, with the code that fits; a peer's mistakes are not our news.
    this.on("error", onEnd);
  }

  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  receive(data: RawData, isBinary: boolean): void {
    if (isBinary && data instanceof Uint8Array) this.#inbound?.receive(data);
    else this.close(1003);
  }

  /** The connection is over, for whatever reason. May be called again. */
  leave(): void {
    this.#heartbeat?.remove(this);
    this.#inbound?.closed();
  }
}

// Shared by all peers. Their types do not say that an emitter calls its listeners with itself as `this`.

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as Peer).receive(data, isBinary);
}

function onEnd(this: WebSocket): void {
  (this as Peer).leave();
}
