/**
 * One lasting connection to one server: connects, says hello, proves the account, and comes back by itself
 * after every loss.
 *
 * 1. At most one link exists at a time; what a former link still says is ignored.
 * 2. `online` means authenticated: requests of others are sent in no other state.
 * 3. After a loss, the pause before the next attempt is drawn at random and is never shorter than what
 *    the server asked for.
 * 4. `refused` is final until `reconnect`: the server does not speak our version or does not know us.
 */
import {
  decodeReceived,
  type OperationName,
  ProtocolError,
  type Push,
  protocolVersion,
  type ReplyOf,
  type RequestOf,
  type ServerRole,
} from "@rempart/protocol";
import type { ConnectionView } from "../api.ts";
import { asClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";
import type { Clock, Link, Network } from "../ports.ts";
import { retryDelayMs } from "./backoff.ts";
import { offline, Requests } from "./requests.ts";

export interface ConnectionOptions {
  readonly network: Network;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  readonly agent: string;
  readonly handlers: ConnectionHandlers;
}

export interface ConnectionHandlers {
  /** Proves the account on a fresh link, by `register` or `authenticate`; answers its role on the server. */
  prove(challenge: Uint8Array, requests: Requests): Promise<ServerRole>;
  online(role: ServerRole): void;
  push(push: Push): void;
  changed(view: ConnectionView): void;
}

/** Failures that no new attempt would change. */
const finalCodes = new Set<string>([
  "ERR_VERSION",
  "ERR_SIGNATURE",
  "ERR_DENIED",
  "ERR_NOT_FOUND",
  "ERR_INVITE_INVALID",
  "ERR_INVITE_SPENT",
  "ERR_INVITE_EXPIRED",
]);

export class Connection {
  readonly #options: ConnectionOptions;
  #origin: string | undefined;
  #link: Link | undefined;
  #requests: Requests | undefined;
  #view: ConnectionView = { state: "offline" };
  #failures = 0;
  #cancelTimer: (() => void) | undefined;
  #lastHeardAt = 0;
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get view(): ConnectionView {
    return this.#view;
  }

  get isOnline(): boolean {
    return this.#view.state === "online";
  }

  /** Starts, or tries again at once. Does nothing while a link is up or coming up. */
  connect(origin: string): void {
    this.#origin = origin;
    if (this.#isClosed || this.#link !== undefined) return;
    this.#clearTimer();
    this.#open(origin);
  }

  /** Rejects with `ERR_OFFLINE` unless online. */
  request<N extends OperationName>(name: N, body: RequestOf<N>, answered?: () => void): Promise<ReplyOf<N>> {
    if (this.#requests === undefined || !this.isOnline) return Promise.reject(offline());
    return this.#requests.send(name, body, answered);
  }

  /** Gives up the current link, for instance because what came over it makes no sense; then comes back. */
  drop(code: string): void {
    const link = this.#link;
    if (link === undefined) return;
    link.close();
    this.#lost(link, { code, retryAfterMs: 0 });
  }

  /** Ends for good. */
  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  /** Ends the link and every attempt, until `connect` is called. */
  stop(): void {
    this.#clearTimer();
    const link = this.#link;
    this.#link = undefined;
    link?.close();
    this.#closeRequests();
    this.#show({ state: "offline" });
  }

  #open(origin: string): void {
    this.#show({ state: "connecting" });
    const link = this.#options.network.connect(origin, {
      opened: () => {
        if (this.#link === link) void this.#greet(link);
      },
      frame: (bytes) => {
        if (this.#link === link) this.#received(link, bytes);
      },
      closed: ({ retryAfterMs = 0 }) => this.#lost(link, { code: "ERR_OFFLINE", retryAfterMs }),
    });
    this.#link = link;
    this.#timer(clientLimits.connectTimeoutMs, () => this.drop("ERR_TIMEOUT"));
  }

  async #greet(link: Link): Promise<void> {
    const requests = new Requests(link, this.#options.clock, () => this.#link === link && this.drop("ERR_TIMEOUT"));
    this.#requests = requests;
    try {
      const { challenge } = await requests.send("hello", { version: protocolVersion, agent: this.#options.agent });
      const role = await this.#options.handlers.prove(challenge, requests);
      if (this.#link !== link) return;
      this.#failures = 0;
      this.#clearTimer();
      this.#show({ state: "online" });
      this.#watch(link);
      this.#options.handlers.online(role);
    } catch (error) {
      if (this.#link !== link) return;
      link.close();
      const { code } = asClientError(error);
      const retryAfterMs = error instanceof ProtocolError ? error.retryAfterMs : 0;
      this.#lost(link, { code, retryAfterMs, isFinal: finalCodes.has(code) });
    }
  }

  #received(link: Link, bytes: Uint8Array): void {
    this.#lastHeardAt = this.#options.clock.now();
    try {
      const received = decodeReceived(bytes);
      if (received.kind === "reply") this.#requests?.answer(received.requestId, received.body);
      else if (received.kind === "error") this.#refused(received.requestId, received.error);
      else this.#push(link, received.push);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.drop(error.code);
    }
  }

  #refused(requestId: number, error: ProtocolError): void {
    // Request id 0: the server could not tell which request it is answering.
    if (requestId === 0) this.drop(error.code);
    else this.#requests?.refuse(requestId, error);
  }

  #push(link: Link, push: Push): void {
    if (push.name !== "goodbye") {
      this.#options.handlers.push(push);
      return;
    }
    link.close();
    this.#lost(link, { code: "ERR_SHUTTING_DOWN", retryAfterMs: push.body.retryAfterMs });
  }

  #lost(link: Link, reason: { code: string; retryAfterMs: number; isFinal?: boolean }): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#clearTimer();
    this.#closeRequests();
    if (this.#isClosed || this.#link !== undefined) return;
    if (reason.isFinal === true) {
      this.#show({ state: "refused", error: reason.code });
      return;
    }
    const delayMs = retryDelayMs(this.#failures++, this.#options.fraction(), reason.retryAfterMs);
    this.#show({ state: "offline", error: reason.code, retryAt: this.#options.clock.now() + delayMs });
    this.#timer(delayMs, () => {
      if (this.#origin !== undefined) this.connect(this.#origin);
    });
  }

  /** Tests a link that has been silent; an unanswered ping times out like any request and drops it. */
  #watch(link: Link): void {
    this.#timer(clientLimits.pingAfterMs, () => {
      if (this.#link !== link) return;
      const isSilent = this.#options.clock.now() - this.#lastHeardAt >= clientLimits.pingAfterMs;
      if (isSilent) this.#requests?.send("ping", {}).catch((error) => this.#pingFailed(link, error));
      this.#watch(link);
    });
  }

  #pingFailed(link: Link, error: unknown): void {
    if (this.#link === link) this.drop(asClientError(error).code);
  }

  #closeRequests(): void {
    const requests = this.#requests;
    this.#requests = undefined;
    requests?.close();
  }

  #show(view: ConnectionView): void {
    this.#view = view;
    this.#options.handlers.changed(view);
  }

  #timer(delayMs: number, callback: () => void): void {
    this.#clearTimer();
    this.#cancelTimer = this.#options.clock.after(delayMs, callback);
  }

  #clearTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
