import { connect as connectTcp } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import type { Link, LinkHandlers, Network } from "@rempart/client";
import { connectPath, decode, limits, proofCodec, type Verdict, verdictCodec } from "@rempart/protocol";
import { WebSocket } from "ws";
import { requireLoopback, type Target } from "../target.ts";

/** Cut anyway after so long: the transaction has failed by then. Milliseconds. */
const handshakeMsMax = 10_000;
const closeMsMax = 1_000;
const closedAbnormally = 1006;
/** One for all, as in a browser: with one for each, two thousand who return together wait for the generator's core, not for the server's. */
const secureContext = createSecureContext();

export interface HonestNetworkOptions {
  readonly target: Target;
  /** Address that this client comes from. */
  readonly source: string;
  /** Keeps TLS sessions from one connection to the next, as browsers do. */
  readonly keepsSession: boolean;
  /** Somebody is about to connect. */
  readonly onConnect?: () => void;
  /** What was shown at the gate, and its answer. */
  readonly onVerdict: (proof: "none" | "ticket" | "token" | "work", verdict: Verdict) => void;
}

/** The client's network for the lab: a source address of its own, its own TLS session, and an ear for verdicts. */
export class HonestNetwork implements Network {
  readonly #options: HonestNetworkOptions;
  #session: Buffer | undefined;

  constructor(options: HonestNetworkOptions) {
    requireLoopback(options.target.host);
    requireLoopback(options.source);
    this.#options = options;
  }

  connect(_origin: string, handlers: LinkHandlers): Link {
    this.#options.onConnect?.();
    const socket = this.#open();
    const link = new HonestLink(socket, this.#options.onVerdict);
    let isClosed = false;
    socket.on("open", () => handlers.opened());
    socket.on("message", (data) => {
      if (isClosed || !Buffer.isBuffer(data)) return;
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      link.heard(bytes);
      handlers.frame(bytes);
    });
    // Every failure is followed by `close`; without a listener it would end the process.
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      if (isClosed) return;
      isClosed = true;
      handlers.closed({ code: code === 0 ? closedAbnormally : code });
    });
    return link;
  }

  #open(): WebSocket {
    const { target, source } = this.#options;
    const scheme = target.isTls ? "wss" : "ws";
    const address = { host: target.host, port: target.port, localAddress: source };
    return new WebSocket(`${scheme}://${target.host}:${target.port}${connectPath}`, {
      perMessageDeflate: false,
      maxPayload: limits.frameBytesMax,
      handshakeTimeout: handshakeMsMax,
      closeTimeout: closeMsMax,
      createConnection: () => (target.isTls ? this.#openTls(address) : connectTcp(address)),
    } as ConstructorParameters<typeof WebSocket>[2]);
  }

  #openTls(address: { host: string; port: number; localAddress: string }) {
    const session = this.#options.keepsSession ? this.#session : undefined;
    // The certificate is the run's own and signs itself: what it proves is not what is measured.
    const options = { ...address, secureContext, servername: "localhost", rejectUnauthorized: false };
    const socket = connectTls(session === undefined ? options : { ...options, session });
    socket.on("session", (given: Buffer) => {
      this.#session = given;
    });
    return socket;
  }
}

class HonestLink implements Link {
  readonly #socket: WebSocket;
  readonly #onVerdict: HonestNetworkOptions["onVerdict"];
  #shown: "none" | "ticket" | "token" | "work" | undefined;
  #isJudged = false;

  constructor(socket: WebSocket, onVerdict: HonestNetworkOptions["onVerdict"]) {
    this.#socket = socket;
    this.#onVerdict = onVerdict;
  }

  send(frame: Uint8Array): void {
    this.#shown ??= decode(proofCodec, frame).kind;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  close(): void {
    this.#socket.close();
  }

  /** The first message of the server is its verdict. */
  heard(bytes: Uint8Array): void {
    if (this.#isJudged || this.#shown === undefined) return;
    this.#isJudged = true;
    this.#onVerdict(this.#shown, decode(verdictCodec, bytes));
  }
}
