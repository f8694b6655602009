/** One client's connection: frames in, frames out, and what is remembered between them. */
import {
  asId,
  challengeBytes,
  decodeRequest,
  encodeError,
  encodePush,
  encodeReply,
  errorCodes,
  isFatal,
  type OperationName,
  ProtocolError,
  protocolVersion,
  type ReplyOf,
  type Request,
  type RequestOf,
  requestIdOf,
  type ServerRole,
  limits as wireLimits,
} from "@rempart/protocol";
import type { CloseCode, Outbound } from "../ports.ts";
import { Allowance, type Budget } from "./allowance.ts";
import type { Caller, SignedIn } from "./caller.ts";
import type { Context } from "./context.ts";
import { packed, unpacked } from "./packed.ts";
import { answerOf, bulk, type PlainName, type Room, roomFor } from "./requests.ts";
import { type Subscriber, Subscriptions } from "./subscriptions.ts";
import { Turnstile } from "./turnstile.ts";

/** What the transport calls; `closed` once, and nothing after it. */
export interface Inbound {
  /** One message from the client. The bytes must not change afterwards. */
  receive(frame: Uint8Array): void;
  /** The network has taken some of what was sent: `bufferedBytes` is lower than before. */
  drained(): void;
  closed(): void;
}

export interface ConnectionOptions {
  readonly outbound: Outbound;
  /** The hosts by which a client on this connection may know the server, as `hostOf` gives them. */
  readonly hosts: readonly string[];
  readonly events: ConnectionEvents;
}

export interface ConnectionEvents {
  /** The connection said `hello`. */
  greeted(connection: Connection): void;
  ended(connection: Connection): void;
}

export class Connection implements Inbound, Caller, Subscriber {
  readonly context: Context;
  readonly outbound: Outbound;
  readonly hosts: readonly string[];
  readonly openedAt: number;
  readonly #events: ConnectionEvents;
  isOpen = true;
  /** Packed; empty before `hello`. */
  #challenge = "";
  /** The id of the account that has signed in, packed; empty when nobody has. */
  #accountId = "";
  #role: ServerRole = "member";
  #allowance: Allowance | undefined;
  #subscriptions: Subscriptions | undefined;
  /** Made for the first bulk request: most connections never make one. */
  #bulk: Turnstile | undefined;
  #whenDrained: (() => void) | undefined;
  #waitingRequests = 0;
  #waitingBytes = 0;

  constructor(context: Context, { outbound, hosts, events }: ConnectionOptions) {
    this.context = context;
    this.outbound = outbound;
    this.hosts = hosts;
    this.openedAt = context.clock.now();
    this.#events = events;
  }

  receive(frame: Uint8Array): void {
    if (!this.isOpen) return;
    this.context.counters.requests += 1;
    this.context.counters.receivedBytes += frame.length;
    try {
      const request = decodeRequest(frame);
      if (request.name === "hello") this.#greet(request.requestId, request.body);
      else this.#accept(request, frame);
    } catch (error) {
      this.#refuse(requestIdOf(frame), error);
    }
  }

  drained(): void {
    if (this.#hasDrained()) this.#goOn();
    this.#subscriptions?.pump();
  }

  closed(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#goOn();
    this.#subscriptions?.closeAll();
    this.#events.ended(this);
  }

  get challenge(): Uint8Array {
    return unpacked(this.#challenge);
  }

  requireAccount(): SignedIn {
    if (this.#accountId === "") throw new ProtocolError("ERR_NOT_AUTHENTICATED", "sign in first");
    return { accountId: asId("AccountId", unpacked(this.#accountId)), role: this.#role };
  }

  signIn({ accountId, role }: SignedIn): void {
    this.#accountId = packed(accountId);
    this.#role = role;
  }

  spend(name: string, budget: Budget, amount?: number): void {
    this.#allowance ??= new Allowance(this.context.clock);
    this.#allowance.spend(name, budget, amount);
  }

  send(frame: Uint8Array): void {
    if (!this.isOpen) return;
    this.context.counters.sentBytes += frame.length;
    this.outbound.send(frame);
    // A client that asks and does not read the answers must not be kept in memory.
    if (this.outbound.bufferedBytes > this.context.limits.outboundBytesMax) this.end(1008);
  }

  fail(error: unknown): void {
    const { code, retryAfterMs } = this.#known(error);
    this.goodbye(code, retryAfterMs);
    this.end(1013);
  }

  goodbye(code: ProtocolError["code"], retryAfterMs: number): void {
    this.#goOn();
    this.send(encodePush("goodbye", { code: errorCodes[code], retryAfterMs }));
  }

  /** Closes from this side; what was sent before still goes out. */
  end(code: CloseCode): void {
    if (!this.isOpen) return;
    this.closed();
    this.outbound.close(code);
  }

  #greet(requestId: number, { version }: RequestOf<"hello">): void {
    if (this.#challenge !== "") throw new ProtocolError("ERR_OUT_OF_ORDER", "hello comes once");
    if (version !== protocolVersion)
      throw new ProtocolError("ERR_VERSION", `this server speaks version ${protocolVersion}`);
    const { agent, clock, entropy } = this.context;
    const challenge = entropy.bytes(challengeBytes);
    this.#challenge = packed(challenge);
    this.#events.greeted(this);
    this.#reply("hello", requestId, { version, agent, challenge, now: clock.now() });
  }

  #accept(request: Request, frame: Uint8Array): void {
    if (this.#challenge === "") throw new ProtocolError("ERR_OUT_OF_ORDER", "hello comes first");
    const { isStopping, limits } = this.context;
    if (isStopping) throw new ProtocolError("ERR_SHUTTING_DOWN", "the server is stopping", limits.goodbyeRetryAfterMs);
    const room = roomFor(request, frame);
    this.#reserve(room);
    this.#serve(request).then(
      () => this.#release(room),
      (error) => {
        this.#release(room);
        this.#refuse(request.requestId, error);
      },
    );
  }

  #reserve(room: Room): void {
    const isExcess =
      this.#waitingRequests >= wireLimits.requestsInFlightMax ||
      this.#waitingBytes + room.ownBytes > wireLimits.inFlightBytesPerConnectionMax;
    if (isExcess) this.#countExcess();
    if (isExcess || !this.context.reserve(room)) throw this.context.tooMuchWaits;
    this.#waitingRequests += 1;
    this.#waitingBytes += room.ownBytes;
  }

  /** Whoever asks on behind such refusals does not read them: what he sends would cost more than it can be worth. */
  #countExcess(): void {
    try {
      this.spend("excess", { amountMax: this.context.limits.excessPerSecondMax, periodMs: 1_000 });
    } catch {
      this.end(1008);
    }
  }

  #release(room: Room): void {
    this.#waitingRequests -= 1;
    this.#waitingBytes -= room.ownBytes;
    this.context.release(room);
  }

  async #serve({ name, requestId, body }: Request): Promise<void> {
    if (name === "subscribe") return this.#subscribe(requestId, body);
    if (name === "unsubscribe") return this.#unsubscribe(requestId, body);
    const answer = async () => {
      this.#reply(name, requestId, await answerOf(this, name as PlainName, body as RequestOf<PlainName>));
    };
    await (bulk.has(name) ? this.#inBulk(answer) : answer());
  }

  /**
   * One at a time for a connection, which makes the line behind it a fair one; few at a time for the process; and none for
   * a client that has not read what it was sent before.
   */
  #inBulk(answer: () => Promise<void>): Promise<void> {
    this.#bulk ??= new Turnstile(1);
    return this.#bulk.run(async () => {
      if (!this.#hasDrained()) await new Promise<void>((resolve) => (this.#whenDrained = resolve));
      if (this.isOpen) await this.context.bulk.run(answer);
    });
  }

  #hasDrained(): boolean {
    // A server that stops answers what waits, and waits for nobody.
    return (
      !this.isOpen ||
      this.context.isStopping ||
      this.outbound.bufferedBytes <= this.context.limits.streamBufferedBytesMax
    );
  }

  #goOn(): void {
    const goOn = this.#whenDrained;
    this.#whenDrained = undefined;
    goOn?.();
  }

  async #subscribe(requestId: number, { subscriptions }: RequestOf<"subscribe">): Promise<void> {
    this.#subscriptions ??= new Subscriptions(this);
    const { results, start } = await this.#subscriptions.open(subscriptions);
    // The connection may have ended meanwhile, and its rooms must not be entered again.
    if (!this.isOpen) return this.#subscriptions.closeAll();
    this.#reply("subscribe", requestId, { results });
    start();
  }

  #unsubscribe(requestId: number, { logIds }: RequestOf<"unsubscribe">): void {
    for (const logId of logIds) this.#subscriptions?.close(logId);
    this.#reply("unsubscribe", requestId, {});
  }

  #reply<N extends OperationName>(name: N, requestId: number, body: ReplyOf<N>): void {
    this.send(encodeReply(name, requestId, body));
  }

  #refuse(requestId: number, cause: unknown): void {
    if (!this.isOpen) return;
    const error = this.#known(cause);
    this.context.counters.countError(error.code);
    this.send(encodeError(requestId, error));
    if (isFatal(error.code)) this.end(1002);
  }

  /** The coded error to tell; anything without a code is a fault of ours, reported and not described. */
  #known(cause: unknown): ProtocolError {
    if (!(cause instanceof ProtocolError)) {
      this.context.report(cause);
      return new ProtocolError("ERR_INTERNAL", "the server has made a mistake");
    }
    const isStorage = cause.code === "ERR_STORAGE" || cause.code === "ERR_STORAGE_FULL";
    if (!isStorage) return cause;
    return new ProtocolError(cause.code, cause.message, this.context.limits.storageRetryAfterMs);
  }
}
