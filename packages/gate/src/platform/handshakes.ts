/**
 * Does the TLS handshakes, a few in a turn of the event loop: whoever is inside is served in between. Who is next is the
 * core's decision; here it is begun, and its CPU measured.
 */

import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { Gate } from "../core/gate.ts";
import type { Visit } from "../core/visit.ts";
import { Guest } from "./guest.ts";
import { helloMsOf } from "./tls/hello-fence.ts";
import { type TicketKeys, ticketPeriodMs } from "./tls/ticket-keys.ts";

export interface Certificate {
  /** PEM. */
  readonly key: string | Buffer;
  /** PEM, with the chain. */
  readonly cert: string | Buffer;
}

/** Handshakes begun in one turn of the loop. Each turn also accepts what has come, and must not wait behind many. */
const startsPerTurnMax = 1;
/** How long it is before the queue is asked again when it would begin none although some wait. */
const retryMs = 5;
/** The gate ends handshakes much earlier; this only has to be no less than its deadline. */
const handshakeTimeoutMs = 60_000;

export class Handshakes {
  readonly #gate: Gate;
  readonly #members: readonly [Server, Server];
  readonly #strangers: readonly [Server, Server];
  readonly #secured: (guest: Guest, stream: TLSSocket) => void;
  readonly #guests = new Map<Visit, Guest>();
  #justSecured: Guest | undefined;
  #isScheduled = false;
  #turnBeganAt = 0;
  #retry: NodeJS.Timeout | undefined;

  /** `secured` is called when a handshake is done. */
  constructor(
    gate: Gate,
    options: { certificate: Certificate; keys: TicketKeys; secured: (guest: Guest, stream: TLSSocket) => void },
  ) {
    this.#gate = gate;
    this.#secured = options.secured;
    const { certificate } = options;
    this.#members = [this.#contextWith(certificate), this.#contextWith(certificate)];
    this.#strangers = [this.#contextWith(certificate), this.#contextWith(certificate)];
    // Whoever is admitted has to be known by each of the tickets that he was given as a stranger.
    for (const server of this.#strangers)
      server.on("newSession", (_, session, done) => this.#ticketSent(session, done));
    this.useKeys(options.keys);
  }

  /** Makes tickets with the current keys from now on. */
  useKeys({ current }: TicketKeys): void {
    for (const index of [0, 1] as const) {
      this.#members[index].setTicketKeys(current.members[index].bytes);
      this.#strangers[index].setTicketKeys(current.strangers[index].bytes);
    }
  }

  /** Puts a guest in line whose hello was recognised; false when there is no room, and then it is counted. */
  add(guest: Guest, visit: Visit): boolean {
    const outcome = this.#gate.handshakes.push(visit);
    if (outcome !== undefined) {
      visit.lost(outcome);
      return false;
    }
    this.#guests.set(visit, guest);
    this.#schedule();
    return true;
  }

  /** A guest in this phase has closed. */
  drop(guest: Guest, visit: Visit): void {
    if (!this.#guests.delete(visit)) return;
    if (guest.handshakeMs > 0) this.#gate.handshakes.finished(visit, cpuMsOf(guest));
    else this.#gate.handshakes.drop(visit);
    this.#schedule();
  }

  /** Whom the queue gives up. */
  sweep(): Guest[] {
    return this.#gate.handshakes.sweep().flatMap((visit) => this.#guests.get(visit) ?? []);
  }

  stop(): void {
    clearTimeout(this.#retry);
  }

  #contextWith({ key, cert }: Certificate): Server {
    const server = createServer({
      key,
      cert,
      // Hellos, tickets and sessions are read as this version has them.
      minVersion: "TLSv1.3",
      ALPNProtocols: ["http/1.1"],
      sessionTimeout: ticketPeriodMs / 1_000,
      handshakeTimeout: handshakeTimeoutMs,
    });
    server.on("secureConnection", (stream) => this.#done(stream));
    // The TCP connection closes with it, and whoever watches that hears.
    server.on("tlsClientError", () => undefined);
    return server;
  }

  /** Each start has an immediate of its own: Node hands OpenSSL the hello in the microtasks behind it. */
  #schedule(): void {
    if (this.#isScheduled || this.#guests.size === 0) return;
    this.#isScheduled = true;
    this.#turnBeganAt = performance.now();
    for (let count = 1; count < startsPerTurnMax; count++) setImmediate(() => this.#start());
    setImmediate(() => {
      const hasMore = this.#start();
      this.#isScheduled = false;
      if (hasMore) this.#schedule();
      else this.#retryLater();
    });
  }

  /** Begins one, unless this turn has had its time; false when the queue gives nobody. */
  #start(): boolean {
    if (performance.now() - this.#turnBeganAt > this.#gate.limits.handshakeTurnMs) return true;
    const visit = this.#gate.handshakes.next();
    if (visit === undefined) return false;
    const guest = this.#guests.get(visit);
    if (guest === undefined) {
      // Not to be: whoever leaves is dropped from both.
      this.#gate.handshakes.drop(visit);
      return true;
    }
    const startedAt = performance.now();
    const raw = guest.release();
    const servers = visit.hello === "member" ? this.#members : this.#strangers;
    servers[guest.context].emit("connection", raw);
    process.nextTick(() => {
      guest.handshakeMs = performance.now() - startedAt;
    });
    return true;
  }

  #retryLater(): void {
    if (this.#gate.handshakes.waiting === 0 || this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#schedule();
    }, retryMs);
  }

  #done(stream: TLSSocket): void {
    const guest = Guest.of(rawOf(stream));
    const visit = guest?.visit;
    if (guest === undefined || visit === undefined || !this.#guests.delete(visit)) {
      stream.destroy();
      return;
    }
    this.#gate.handshakes.finished(visit, cpuMsOf(guest));
    this.#justSecured = guest;
    this.#secured(guest, stream);
    this.#schedule();
  }

  /**
   * Node does not say whose session it is. OpenSSL sends a connection's tickets in the same breath as it ends its
   * handshake, so it is the last one's; `promote` of the reception makes sure of that before it counts.
   */
  #ticketSent(session: Buffer, done: () => void): void {
    this.#justSecured?.sessions.push(session);
    done();
  }
}

/** What a handshake has taken: its beginning, and the answer to its hello. Its end, and the tickets, are not counted. */
function cpuMsOf({ handshakeMs, raw }: Guest): number {
  return handshakeMs + helloMsOf(raw);
}

/** Node keeps the TCP connection under this name and gives no other way to it; a test would notice if it went. */
function rawOf(stream: TLSSocket): Socket {
  return (stream as TLSSocket & { readonly _parent: Socket })._parent;
}
