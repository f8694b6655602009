/** The gate's own listener: it takes raw connections, has them seen through the states, and hands on who is admitted. */
import type { Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import type { Gate } from "../core/gate.ts";
import type { Source } from "../core/types.ts";
import type { Clock } from "../ports.ts";
import { Guest } from "./guest.ts";
import { type Certificate, Handshakes } from "./handshakes.ts";
import { LoadMeter } from "./load.ts";
import { Proxies } from "./proxy/proxies.ts";
import { type Admission, type Arrival, Reception, type TlsDesk } from "./reception.ts";
import { Recogniser } from "./tls/recogniser.ts";
import type { TicketKeys } from "./tls/ticket-keys.ts";

export interface GateListenerOptions {
  readonly gate: Gate;
  /** The ordinary website. It listens nowhere itself: what is no upgrade is emitted to it. */
  readonly http: HttpServer;
  /** Port 0 lets the system choose. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Speaks TLS 1.3 with this certificate; plain text if absent. `keys` make and recognise session tickets. */
  readonly tls?: { readonly certificate: Certificate; readonly keys: TicketKeys };
  /** Addresses and CIDR ranges of proxies whose word counts (PROXY protocol v2, `X-Forwarded-For`). */
  readonly proxies?: readonly string[];
  /** Resident memory that the operator allows, in bytes. */
  readonly memoryBytesMax: number;
  /** Whether a page from this `Origin` may connect to this `Host`. */
  isAllowedOrigin(origin: string | undefined, host: string): boolean;
  /** The hosts by which whoever arrives there may know this server. */
  hostsAt(arrival: Arrival): readonly string[];
  sourceOf(address: string): Source;
  /** The gate's. */
  readonly clock: Clock;
  /** Takes over somebody who was admitted. */
  admitted(admission: Admission): void;
  /** The session ticket keys have changed and should be kept. */
  keysChanged?(keys: TicketKeys): void;
  /** Something an operator should know; names no address. Told once a minute at most. */
  warn?(message: string, details: Readonly<Record<string, number>>): void;
}

/** Connections that the kernel completes for us while we are busy: two seconds of a flood that we can still answer. */
const backlog = 4_096;
/**
 * Sockets that listen on the port. Node accepts one connection of each in a turn of its event loop, and between two turns
 * lies the CPU of a TLS handshake: behind one socket members would wait in the kernel's queue, where nobody tells
 * them from strangers.
 */
const listeners = 8;
/** How often deadlines are looked at: the shortest is half a second. */
const sweepMs = 250;
/** How long a sweep takes at one go. */
const sweepTurnMs = 4;
/** How long a listed proxy may take to say who is behind it, when it has not been a visit yet. */
const proxyMs = 5_000;
/** What a refused peer gets to read our last word and to close. */
const leavingMs = 1_000;
/** What requests to the website get to be answered when the listener closes. */
const websiteGraceMs = 1_000;
/** Time between two warnings of one kind. */
const warnEveryMs = 60_000;

/** Bounds what Node reads ahead of a paused guest. The readers of those who were admitted never pause for it. */
const readAheadBytes = 4_096;

export class GateListener {
  /** Headers of the PROXY protocol from addresses that are not listed. */
  unlistedProxyHeaders = 0;
  readonly #options: GateListenerOptions;
  readonly #proxies: Proxies;
  readonly #servers: readonly Server[];
  readonly #tls: TlsDesk | undefined;
  readonly #reception: Reception;
  readonly #guests = new Set<Guest>();
  readonly #load: LoadMeter;
  #sweeper: NodeJS.Timeout | undefined;
  /** The sweep that is under way. */
  #pass: Generator<void> | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;

  /** Throws {@link ProxyRangeError} for a range that is none, and what OpenSSL throws for a bad certificate. */
  constructor(options: GateListenerOptions) {
    this.#options = options;
    this.#proxies = new Proxies(options.proxies ?? []);
    this.#tls = this.#deskOf(options);
    const rest = { ...options, proxies: this.#proxies, unlistedProxy: () => this.#noteUnlistedProxy() };
    this.#reception = new Reception(rest, { tls: this.#tls, guests: this.#guests });
    this.#load = new LoadMeter(options.memoryBytesMax);
    const onSocket = (socket: Socket) => this.#accept(socket);
    const socketOptions = { pauseOnConnect: true, noDelay: true, highWaterMark: readAheadBytes };
    this.#servers = Array.from({ length: listeners }, () => createServer(socketOptions, onSocket));
  }

  /** The port listened on. Rejects when it cannot be had. */
  async listen(): Promise<number> {
    const { http, listen } = this.#options;
    // Alone at first: sockets that share their port would also share it with another program's.
    const port = await claim(listen);
    for (const server of this.#servers) await listenOn(server, { host: listen.host, port, reusePort: true, backlog });
    // It never listens, but its deadlines for slow requests start with this event.
    http.emit("listening");
    this.#sweeper = setInterval(() => this.sweep(), sweepMs);
    return port;
  }

  /** Takes nobody any more and ends what is not admitted; resolves when all connections, also admitted ones, have closed. */
  close(): Promise<void> {
    const { http } = this.#options;
    clearInterval(this.#sweeper);
    this.#load.stop();
    this.#tls?.handshakes.stop();
    for (const guest of [...this.#guests]) this.#reception.drop(guest, "stopping");
    http.closeIdleConnections();
    const grace = setTimeout(() => http.closeAllConnections(), websiteGraceMs);
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    return Promise.all(closed).then(() => {
      clearTimeout(grace);
      // Stops its timer. That it never listened is no news.
      return new Promise((resolve) => http.close(() => resolve()));
    });
  }

  /** For the shell to call once a second: measures the load, has the gate decide, and turns the ticket keys. */
  tick(): void {
    const { gate, tls, keysChanged } = this.#options;
    gate.tick(this.#load.measure(gate));
    this.#tls?.recogniser.tick(this.#options.clock.elapsed());
    if (tls?.keys.turn(this.#options.clock.now()) !== true) return;
    this.#tls?.handshakes.useKeys(tls.keys);
    keysChanged?.(tls.keys);
  }

  /** Ends whoever has run out of time. Called by a timer of its own while listening. */
  sweep(): void {
    if (this.#pass !== undefined) return;
    this.#pass = this.#sweepOneByOne();
    this.#goOnSweeping();
  }

  *#sweepOneByOne(): Generator<void> {
    const now = this.#options.clock.elapsed();
    for (const guest of this.#tls?.handshakes.sweep() ?? []) {
      // One may have come through in an earlier turn.
      if (guest.phase === "tls") this.#reception.drop(guest, "tls-shed");
      yield;
    }
    for (const guest of this.#guests) yield this.#check(guest, now);
  }

  /** In turns of the event loop: thousands may run out of time at once, and whoever is inside must not wait for that. */
  #goOnSweeping(): void {
    const endsAt = performance.now() + sweepTurnMs;
    while (this.#pass?.next().done === false) {
      if (performance.now() < endsAt) continue;
      setImmediate(() => this.#goOnSweeping());
      return;
    }
    this.#pass = undefined;
  }

  #deskOf({ gate, tls, clock }: GateListenerOptions): TlsDesk | undefined {
    if (tls === undefined) return undefined;
    const { certificate, keys } = tls;
    const secured: ConstructorParameters<typeof Handshakes>[1]["secured"] = (guest, stream) =>
      this.#reception.secured(guest, stream);
    return {
      recogniser: new Recogniser(keys, clock.elapsed()),
      handshakes: new Handshakes(gate, { certificate, keys, secured }),
    };
  }

  #accept(raw: Socket): void {
    const address = raw.remoteAddress;
    if (address === undefined) {
      // It was reset while it waited to be accepted.
      this.#options.gate.vanished();
      raw.destroy();
      return;
    }
    const isProxy = this.#proxies.has(address);
    const visit = isProxy ? undefined : this.#options.gate.arrive(this.#options.sourceOf(address));
    if (typeof visit === "string") {
      raw.resetAndDestroy();
      return;
    }
    const guest = new Guest(this.#reception, { raw, phase: "proxy", visit, since: this.#options.clock.elapsed() });
    this.#guests.add(guest);
    if (visit !== undefined) this.#reception.welcome(guest, visit);
    guest.listen(raw);
  }

  #check(guest: Guest, now: number): void {
    const { phase, visit, since } = guest;
    if (phase === "leaving") {
      if (now - since >= leavingMs) guest.raw.destroy();
    } else if (visit === undefined) {
      if (now - since >= proxyMs) guest.raw.destroy();
    } else if (phase !== "judged" && visit.deadlineMs() <= 0) {
      this.#reception.drop(guest, timeoutOf(phase));
    }
  }

  #noteUnlistedProxy(): void {
    this.unlistedProxyHeaders += 1;
    const now = this.#options.clock.elapsed();
    if (now - this.#warnedAt < warnEveryMs) return;
    this.#warnedAt = now;
    this.#options.warn?.("a PROXY protocol header came from an address that is not listed as a proxy", {
      sinceStart: this.unlistedProxyHeaders,
    });
  }
}

function timeoutOf(phase: Guest["phase"]): "peek-timeout" | "tls-timeout" | "head-timeout" | "proof-timeout" {
  return phase === "tls" || phase === "head" || phase === "proof" ? `${phase}-timeout` : "peek-timeout";
}

/** Makes sure that nobody else listens there, and finds a free port for 0. */
async function claim(listen: { readonly host: string; readonly port: number }): Promise<number> {
  const server = createServer();
  await listenOn(server, listen);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listenOn(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
