/** The server without its transport: everything behind the WebSocket, on ports only. */
import { asId, type GateMode, type InviteSecret, ProtocolError } from "@rempart/protocol";
import { type ServerLimits, serverLimits } from "../limits.ts";
import type { Bus, Clock, Crypto, Entropy, Outbound, Store, TokenIssuer } from "../ports.ts";
import { Connection, type ConnectionEvents, type Inbound } from "./connection.ts";
import type { Context } from "./context.ts";
import { Counters } from "./counters.ts";
import type { Room } from "./requests.ts";
import { Rooms } from "./rooms.ts";
import { type Later, type Pace, Turnstile } from "./turnstile.ts";

export interface ServicePorts {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly crypto: Crypto;
  /** Without it the server issues no tokens, and says that it is busy. */
  readonly issuer?: TokenIssuer;
}

export interface ServiceOptions {
  /** How the server names itself in `hello`, at most 64 bytes. */
  readonly agent?: string;
  readonly limits?: Partial<ServerLimits>;
  /** How hard pressed the server is by strangers: history and files wait then. Absent: never. */
  readonly pressure?: () => GateMode;
  /** Calls back `bulkSliceMs` later, or later than that where the event loop is late. Absent: history and files are not paced. */
  readonly later?: Later;
  /** Hears of errors that are nobody's input. */
  readonly report?: (error: unknown) => void;
}

export interface ConnectOptions {
  /**
   * The hosts (`hostOf`) by which this client may know the server: a proof of an account is good if it names one of
   * them. The shell vouches for them. Nothing that came over the connection may be among them unchecked: whoever
   * passes on a victim's proof writes his own `Host` header. The array is kept.
   */
  readonly hosts: readonly string[];
}

export class Service {
  readonly counters = new Counters();
  readonly #context: Context;
  readonly #connections = new Set<Connection>();
  /** Oldest first. */
  readonly #silent = new Set<Connection>();
  #reservedBytes = 0;
  /** Of these, those of history and files. */
  #bulkBytes = 0;
  #isStopping = false;
  #whenIdle: (() => void) | undefined;
  #sweepCursor = 0;
  #isSweeping = false;

  constructor(ports: ServicePorts, options: ServiceOptions = {}) {
    this.#context = this.#contextOf(ports, options);
  }

  /** A client has connected; `outbound` is the way to it. */
  connect(outbound: Outbound, { hosts }: ConnectOptions): Inbound {
    const connection = new Connection(this.#context, { outbound, hosts, events: this.#events });
    this.counters.connections += 1;
    this.counters.connectionsTotal += 1;
    this.#connections.add(connection);
    this.#silent.add(connection);
    if (this.#isStopping) connection.end(1001);
    return connection;
  }

  /**
   * For the shell to call about once a second: closes connections that never said `hello`, and removes what has
   * expired from the next few logs, in bounded pieces. Resolves when that is done; never rejects.
   */
  async tick(): Promise<void> {
    this.#endSilentConnections();
    if (this.#isSweeping || this.#isStopping) return;
    this.#isSweeping = true;
    try {
      await this.#sweep();
    } catch (error) {
      this.#context.report(error);
    } finally {
      this.#isSweeping = false;
    }
  }

  /**
   * Makes the invitation for the server's first account, an admin, unless an account exists. Replaces the
   * one made before. `undefined` when there is an account.
   */
  async createFirstInvite(): Promise<InviteSecret | undefined> {
    const { store, clock, entropy, limits, authOf } = this.#context;
    const secret = asId("InviteSecret", entropy.bytes(16));
    const expiresAt = clock.now() + limits.firstInviteLifetimeMs;
    const { isCreated } = await store.submit("inviteFirst", { inviteAuth: authOf(secret), expiresAt });
    return isCreated ? secret : undefined;
  }

  /** Says goodbye, lets the requests that wait be answered, and closes every connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const { goodbyeRetryAfterMs } = this.#context.limits;
    this.#context.bulk.letIn();
    for (const connection of this.#connections) connection.goodbye("ERR_SHUTTING_DOWN", goodbyeRetryAfterMs);
    if (this.#reservedBytes > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    for (const connection of this.#connections) connection.end(1001);
  }

  readonly #events: ConnectionEvents = {
    greeted: (connection) => this.#silent.delete(connection),
    ended: (connection) => {
      this.counters.connections -= 1;
      this.#connections.delete(connection);
      this.#silent.delete(connection);
    },
  };

  #endSilentConnections(): void {
    const now = this.#context.clock.now();
    for (const connection of this.#silent) {
      const silentMs = now - connection.openedAt;
      // Below zero the clock went back, and says nothing about the connection any more.
      if (silentMs >= 0 && silentMs < this.#context.limits.helloWithinMs) return;
      connection.end(1008);
    }
  }

  async #sweep(): Promise<void> {
    const { store, clock, limits } = this.#context;
    const { sweepLogsMax: logsMax, sweepRowsMax: rowsMax } = limits;
    for (let isFull = true; isFull && !this.#isStopping; ) {
      const ask = { now: clock.now(), cursor: this.#sweepCursor, logsMax, rowsMax };
      const { cursor, removed } = await store.submit("sweep", ask);
      this.#sweepCursor = cursor;
      isFull = removed >= rowsMax;
    }
  }

  /** History and files have half of the room at most: messages never find it full of them. */
  #reserve({ sharedBytes, isBulk }: Room): boolean {
    const { inFlightBytesMax } = this.#context.limits;
    if (this.#reservedBytes + sharedBytes > inFlightBytesMax) return false;
    if (isBulk && this.#bulkBytes + sharedBytes > inFlightBytesMax / 2) return false;
    this.#reservedBytes += sharedBytes;
    if (isBulk) this.#bulkBytes += sharedBytes;
    return true;
  }

  #release({ sharedBytes, isBulk }: Room): void {
    this.#reservedBytes -= sharedBytes;
    if (isBulk) this.#bulkBytes -= sharedBytes;
    if (this.#reservedBytes === 0) this.#whenIdle?.();
  }

  /** A server that stops answers what waits, however much it is. */
  #bulkPace({ pressure: pressed = () => "normal", later }: ServiceOptions): Pace {
    const { bulkMaxNormal, bulkMaxPressed, bulkPerSliceNormal, bulkPerSliceGuarded, bulkPerSliceSiege } =
      this.#context.limits;
    if (this.#isStopping) return { runningMax: bulkMaxNormal, startsMax: Number.POSITIVE_INFINITY };
    const pressure = pressed();
    const runningMax = pressure === "normal" ? bulkMaxNormal : bulkMaxPressed;
    if (later === undefined) return { runningMax, startsMax: Number.POSITIVE_INFINITY };
    const startsMax = { normal: bulkPerSliceNormal, guarded: bulkPerSliceGuarded, siege: bulkPerSliceSiege }[pressure];
    return { runningMax, startsMax };
  }

  #contextOf(ports: ServicePorts, options: ServiceOptions): Context {
    const limits = { ...serverLimits, ...options.limits };
    const isStopping = () => this.#isStopping;
    return {
      ...ports,
      limits,
      agent: options.agent ?? "rempart",
      counters: this.counters,
      rooms: new Rooms(ports.bus),
      catchUpReads: new Turnstile(limits.catchUpReadsMax),
      bulk: new Turnstile(() => this.#bulkPace(options), options.later),
      reserve: (room) => this.#reserve(room),
      release: (room) => this.#release(room),
      tooMuchWaits: new ProtocolError("ERR_BUSY", "too much is waiting already", limits.busyRetryAfterMs),
      get isStopping() {
        return isStopping();
      },
      report: options.report ?? (() => undefined),
      authOf: (secret) => asId("Auth", ports.crypto.sha256(secret)),
    };
  }
}
