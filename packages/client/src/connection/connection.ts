/**
 * One lasting connection to one server: connects, passes the gate, says hello, proves the account, and comes back by
 * itself after every loss.
 *
 * 1. At most one link exists at a time; what a former link still says is ignored.
 * 2. `online` means authenticated: requests of others are sent in no other state.
 * 3. After a loss, the pause before the next attempt is drawn at random and is never shorter than what
 *    the server asked for. After a refusal at the gate, `Line` says when.
 * 4. `refused` is final until `reconnect`: the server does not speak our version or does not know us.
 * 5. What is shown at the gate knows nothing of the account, and the account is proved only to whom the gate let in.
 */
import {
  decodeReceived,
  type GateMode,
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
import type { Entrance, Refusal, Visit } from "../gate/entrance.ts";
import { Line } from "../gate/line.ts";
import { clientLimits } from "../limits.ts";
import type { Clock, Link, Network, Solver } from "../ports.ts";
import { retryDelayMs } from "./backoff.ts";
import { offline, Requests } from "./requests.ts";

export interface ConnectionOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly entrance: Entrance;
  readonly solver: Solver | undefined;
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly agent: string;
  readonly handlers: ConnectionHandlers;
}

export interface ConnectionHandlers {
  /** Proves the account on a fresh link, by `register` or `authenticate`; answers its role on the server. */
  prove(challenge: Uint8Array, requests: Requests): Promise<ServerRole>;
  online(role: ServerRole): void;
  push(push: Push): void;
  changed(view: ConnectionView): void;
  /** Something failed that should not; the connection goes on. */
  failed(error: unknown): void;
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
  readonly #line: Line;
  /** Where to, while anybody wants to be connected. */
  #origin: string | undefined;
  #link: Link | undefined;
  /** What was shown at the gate, until it has answered. */
  #visit: Visit | undefined;
  #mode: GateMode | undefined;
  #requests: Requests | undefined;
  #view: ConnectionView = { state: "offline" };
  #failures = 0;
  #cancelTimer: (() => void) | undefined;
  #hasHeard = false;
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#line = new Line({
      ...options,
      changed: () => this.#showLine(),
      ready: (origin) => {
        if (this.#origin === origin && this.#link === undefined) this.#open(origin);
      },
      failed: options.handlers.failed,
    });
  }

  get view(): ConnectionView {
    return this.#view;
  }

  get isOnline(): boolean {
    return this.#view.state === "online";
  }

  /** How hard pressed the gate was when it last answered. */
  get mode(): GateMode | undefined {
    return this.#mode;
  }

  /** Whether it waits for its turn at the gate, or is on its way there again. */
  get isInLine(): boolean {
    return this.#view.why !== undefined;
  }

  /** Starts, or tries again at once, if the gate allows it. Does nothing while a link is up or coming up. */
  connect(origin: string): void {
    if (this.#isClosed) return;
    this.#origin = origin;
    if (this.#link !== undefined) return;
    this.#clearTimer();
    if (this.#line.holds(origin)) {
      this.#showLine();
      return;
    }
    this.#line.end();
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
    this.#line.end();
    this.stop();
  }

  /** Ends the link and every attempt, until `connect` is called. A place in line is kept for then. */
  stop(): void {
    this.#origin = undefined;
    const link = this.#link;
    this.#endLink();
    link?.close();
    this.#show({ state: "offline" });
  }

  #open(origin: string): void {
    this.#show({ state: "connecting", ...this.#lately() });
    const link = this.#options.network.connect(origin, {
      opened: () => {
        if (this.#link === link) void this.#greet(link, origin);
      },
      frame: (bytes) => {
        if (this.#link === link) this.#received(link, bytes);
      },
      closed: ({ retryAfterMs = 0 }) => this.#lost(link, { code: "ERR_OFFLINE", retryAfterMs }),
    });
    this.#link = link;
    this.#timer(clientLimits.connectTimeoutMs, () => this.drop("ERR_TIMEOUT"));
  }

  async #greet(link: Link, origin: string): Promise<void> {
    const requests = new Requests(link, this.#options.clock, () => this.#link === link && this.drop("ERR_TIMEOUT"));
    this.#requests = requests;
    try {
      this.#visit = this.#options.entrance.visit(origin);
      link.send(this.#visit.proof);
      // The gate holds it until it has let us in: that saves a round trip.
      const { challenge } = await requests.send("hello", { version: protocolVersion, agent: this.#options.agent });
      const role = await this.#options.handlers.prove(challenge, requests);
      if (this.#link !== link) return;
      this.#failures = 0;
      this.#line.end("admitted");
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
    this.#hasHeard = true;
    try {
      if (this.#visit !== undefined) {
        this.#judged(link, this.#visit, bytes);
        return;
      }
      const received = decodeReceived(bytes);
      if (received.kind === "reply") this.#requests?.answer(received.requestId, received.body);
      else if (received.kind === "error") this.#refused(received.requestId, received.error);
      else this.#push(link, received.push);
    } catch (error) {
      // When the store has failed, the engine has ended with this connection.
      if (this.#isClosed) return;
      if (!(error instanceof ProtocolError)) throw error;
      this.drop(error.code);
    }
  }

  #judged(link: Link, visit: Visit, bytes: Uint8Array): void {
    const verdict = visit.answered(bytes);
    this.#visit = undefined;
    this.#mode = verdict.mode;
    if (verdict.kind === "refused") this.#sentAway(link, verdict);
  }

  #sentAway(link: Link, refusal: Refusal): void {
    link.close();
    this.#endLink();
    const origin = this.#origin;
    if (origin === undefined) return;
    this.#line.begin(origin, refusal);
    this.#showLine();
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
    this.#endLink();
    this.#line.end();
    if (this.#isClosed) return;
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
    this.#hasHeard = false;
    this.#timer(clientLimits.pingAfterMs, () => {
      if (this.#link !== link) return;
      // By what was heard, not by when: clocks are set back.
      if (!this.#hasHeard) this.#requests?.send("ping", {}).catch((error) => this.#pingFailed(link, error));
      this.#watch(link);
    });
  }

  #pingFailed(link: Link, error: unknown): void {
    if (this.#link === link) this.drop(asClientError(error).code);
  }

  #endLink(): void {
    this.#clearTimer();
    this.#link = undefined;
    this.#visit = undefined;
    const requests = this.#requests;
    this.#requests = undefined;
    requests?.close();
  }

  /** What the gate said last, for as long as this is still the way back from there. */
  #lately(): Pick<ConnectionView, "why" | "mode"> {
    const { why, mode } = this.#line.view ?? {};
    return why === undefined || mode === undefined ? {} : { why, mode };
  }

  #showLine(): void {
    const { view } = this.#line;
    const isIdle = this.#origin !== undefined && this.#link === undefined;
    if (view !== undefined && isIdle) this.#show({ state: "waiting", ...view });
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
