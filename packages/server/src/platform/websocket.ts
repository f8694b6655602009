/** WebSocket connections, `ws` with its bounds drawn tight, at one path and for our own pages only. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connectPath, limits } from "@rempart/protocol";
import { WebSocketServer } from "ws";
import type { Service } from "../core/service.ts";
import { Heartbeat } from "./heartbeat.ts";
import { OwnHosts } from "./own-hosts.ts";
import { Peer } from "./peer.ts";
import { Flusher, SocketOutbound } from "./socket-outbound.ts";

export interface WebSocketOptions {
  /** The server's public addresses: `https://example.org`. Their pages may connect, and proofs may name their hosts. */
  readonly allowedOrigins: readonly string[];
}

/** A message in more pieces than this is an attack on memory, not a message. */
const fragmentsMax = 16;
/** TCP segments of one message that wait for the rest: a full frame in segments of 256 bytes. */
const bufferedChunksMax = 256;
/** Most dead peers are noticed by the kernel, which costs this process nothing; the heartbeat finds the others. */
const keepAliveMs = 60_000;
/** How long a peer may take to answer our closing handshake. */
const closeTimeoutMs = 5_000;

export class WebSocketDoor {
  readonly #service: Service;
  readonly #allowedOrigins: ReadonlySet<string>;
  readonly #ownHosts: OwnHosts;
  readonly #flusher = new Flusher();
  readonly #heartbeat = new Heartbeat<Peer>();
  readonly #server = new WebSocketServer<typeof Peer>({
    noServer: true,
    WebSocket: Peer,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.frameBytesMax,
    maxFragments: fragmentsMax,
    maxBufferedChunks: bufferedChunksMax,
    closeTimeout: closeTimeoutMs,
  } as ConstructorParameters<typeof WebSocketServer<typeof Peer>>[0]);

  constructor(service: Service, options: WebSocketOptions) {
    this.#service = service;
    this.#allowedOrigins = new Set(options.allowedOrigins);
    this.#ownHosts = new OwnHosts(options.allowedOrigins);
  }

  /** Answers an upgrade request: a connection, or 404, or 403 for a page from elsewhere. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // `node:http` hands out the socket under its widest type.
    const socket = stream as Socket;
    socket.on("error", onSocketError);
    if (request.url !== connectPath) refuse(socket, "404 Not Found");
    else if (!this.#isFromOurPages(request)) refuse(socket, "403 Forbidden");
    else this.#server.handleUpgrade(request, socket, head, (peer) => this.#open(peer, socket));
  }

  /** For the shell to call about once a second: drops peers that are gone. */
  tick(): void {
    this.#heartbeat.tick();
  }

  #open(peer: Peer, socket: Socket): void {
    // From here on `ws` hears of errors.
    socket.off("error", onSocketError);
    socket.setKeepAlive(true, keepAliveMs);
    const outbound = new SocketOutbound(peer, socket, this.#flusher);
    const inbound = this.#service.connect(outbound, { hosts: this.#ownHosts.of(socket) });
    outbound.onWritten(() => inbound.drained());
    peer.attach({ inbound, socket, heartbeat: this.#heartbeat });
  }

  /** Programs send no `Origin`; browsers always do, and a page cannot change it. */
  #isFromOurPages({ headers: { origin, host } }: IncomingMessage): boolean {
    if (origin === undefined || this.#allowedOrigins.has(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
  }
}

/** Before `ws` listens, a reset would otherwise end the process. */
function onSocketError(this: Socket): void {
  this.destroy();
}

/** Nobody watches the clock for an upgraded socket: it must not stay half open until its peer closes too. */
function refuse(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroySoon());
}
