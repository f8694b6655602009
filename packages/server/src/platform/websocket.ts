/** The WebSocket connections of those whom the gate has admitted: `ws` with its bounds drawn tight. */
import type { Admission, Arrival } from "@rempart/gate";
import type { Service } from "../core/service.ts";
import { type ServerLimits, serverLimits } from "../limits.ts";
import { Heartbeat } from "./heartbeat.ts";
import { OwnHosts } from "./own-hosts.ts";
import { Peer } from "./peer.ts";
import { Flusher, SocketOutbound } from "./socket-outbound.ts";

export interface WebSocketOptions {
  /** The server's public addresses: `https://example.org`. Their pages may connect, and proofs may name their hosts. */
  readonly allowedOrigins: readonly string[];
  readonly limits?: Partial<ServerLimits>;
}

/** Most dead peers are noticed by the kernel, which costs this process nothing; the heartbeat finds the others. */
const keepAliveMs = 60_000;

export class WebSocketDoor {
  readonly #service: Service;
  readonly #limits: ServerLimits;
  readonly #allowedOrigins: ReadonlySet<string>;
  readonly #ownHosts: OwnHosts;
  readonly #flusher = new Flusher();
  readonly #heartbeat = new Heartbeat<Peer>();

  constructor(service: Service, options: WebSocketOptions) {
    this.#service = service;
    this.#limits = { ...serverLimits, ...options.limits };
    this.#allowedOrigins = new Set(options.allowedOrigins);
    this.#ownHosts = new OwnHosts(options.allowedOrigins);
  }

  /** The hosts by which whoever arrives there may know this server. */
  hostsAt(arrival: Arrival): readonly string[] {
    return this.#ownHosts.of(arrival);
  }

  /** Programs send no `Origin`; browsers always do, and a page cannot change it. */
  isAllowedOrigin(origin: string | undefined, host: string): boolean {
    if (origin === undefined || this.#allowedOrigins.has(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
  }

  /** Makes a connection of the service's out of somebody who was admitted. */
  admit({ socket, head, visit, arrival }: Admission): void {
    socket.setKeepAlive(true, keepAliveMs);
    const peer = new Peer();
    const outbound = new SocketOutbound(peer, socket, this.#flusher);
    const inbound = this.#service.connect(outbound, { hosts: this.hostsAt(arrival) });
    outbound.onWritten(() => inbound.drained());
    peer.attach({ inbound, socket, heartbeat: this.#heartbeat, visit, quotaLimits: this.#limits });
    peer.open(socket, head);
  }

  /** For the shell to call about once a second: drops peers that are gone. */
  tick(): void {
    this.#heartbeat.tick();
  }
}
