/** A listener on loopback with a gate behind it, its clock moved by hand, and clients that speak to it byte by byte. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { connectPath, decode, encode, type Proof, proofCodec, type Verdict, verdictCodec } from "@rempart/protocol";
import { Gate } from "../../core/gate.ts";
import { FakeClock, FakeSpentSet, FakeVerifier } from "../../core/testing/fakes.ts";
import { GateListener, type GateListenerOptions } from "../listener.ts";
import { nodeCrypto, nodeEntropy } from "../node-ports.ts";
import type { Admission } from "../reception.ts";
import { sourceOf } from "../source.ts";

/** In documentation, a host by which a test's clients know the server. */
export const testHost = "chat.example";

/** Step of a clock that goes by itself. */
const tickMs = 5;

export type FrontOptions = Partial<Pick<GateListenerOptions, "tls" | "proxies" | "warn" | "keysChanged">> & {
  readonly secret?: Uint8Array;
  /** Answers ordinary requests; echoes their path if absent. */
  readonly site?: RequestListener;
};

export class TestFront {
  readonly clock = new FakeClock();
  readonly tokens = new FakeVerifier();
  readonly admissions: Admission[] = [];
  readonly gate: Gate;
  readonly listener: GateListener;
  port = 0;

  private constructor({ secret = new Uint8Array(32), site = echoPath, ...options }: FrontOptions) {
    const { clock, tokens } = this;
    const ports = { clock, tokens, entropy: nodeEntropy, crypto: nodeCrypto, spent: new FakeSpentSet() };
    this.gate = new Gate(ports, { secret, hosts: () => [testHost] });
    this.listener = new GateListener({
      ...options,
      gate: this.gate,
      http: createServer(site),
      listen: { host: "127.0.0.1", port: 0 },
      memoryBytesMax: 2 ** 31,
      clock,
      isAllowedOrigin: (origin, host) => origin === undefined || origin === `https://${host}`,
      hostsAt: () => [testHost],
      sourceOf: (address) => sourceOf(address, () => 0),
      admitted: (admission) => this.#admitted(admission),
    });
  }

  static async open(options: FrontOptions = {}): Promise<TestFront> {
    const front = new TestFront(options);
    front.port = await front.listener.listen();
    return front;
  }

  /** Runs a test with a front and closes it, whatever happens. */
  static async with(options: FrontOptions, body: (front: TestFront) => Promise<void>): Promise<void> {
    const front = await TestFront.open(options);
    try {
      await body(front);
    } finally {
      for (const { socket } of front.admissions) socket.destroy();
      await front.listener.close();
    }
  }

  /** Lets time pass, and has deadlines looked at. */
  pass(ms: number): void {
    this.clock.advance(ms);
    this.listener.sweep();
  }

  /** Lets the clock go by itself for as long as `body` runs. */
  async ticking(body: () => Promise<void>): Promise<void> {
    const timer = setInterval(() => this.clock.advance(tickMs), tickMs);
    try {
      await body();
    } finally {
      clearInterval(timer);
    }
  }

  /** Echoes, and leaves with the connection. */
  #admitted(admission: Admission): void {
    const { socket, head, visit } = admission;
    this.admissions.push(admission);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => visit.leave());
    socket.write(head);
    socket.pipe(socket);
    socket.resume();
  }
}

const echoPath: RequestListener = (request, response) => void response.end(`site ${request.url}`);

/** Collects what comes, and lets tests wait for it. */
export class TestPeer {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  /** Whether the connection ended in a reset. */
  wasReset = false;
  readonly closed: Promise<void>;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    socket.on("error", () => {
      this.wasReset = true;
    });
    this.closed = new Promise((resolve) =>
      socket.on("close", () => {
        resolve();
        this.#wake();
      }),
    );
  }

  static async connect(port: number, options: { localAddress?: string; allowHalfOpen?: boolean } = {}) {
    const socket = connectTcp({ port, host: "127.0.0.1", noDelay: true, ...options });
    await once(socket, "connect");
    return new TestPeer(socket);
  }

  /** Over TLS; `sessions` gathers the tickets that come. */
  static async secure(port: number, { session }: { session?: Buffer | undefined } = {}): Promise<SecurePeer> {
    const socket = connectTls({
      port,
      host: "127.0.0.1",
      servername: "localhost",
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      ...(session === undefined ? {} : { session }),
    });
    const peer = new SecurePeer(socket);
    await Promise.race([
      once(socket, "secureConnect"),
      peer.closed.then(() => Promise.reject(new Error("closed before the handshake was done"))),
    ]);
    return peer;
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /** Resolves when so much has come; rejects when the connection closes first. */
  async until(isEnough: (received: Buffer) => boolean): Promise<void> {
    while (!isEnough(this.received)) {
      if (this.socket.destroyed) throw new Error(`closed after ${this.received.length} bytes`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Upgrades, shows a proof with `more` right behind it, and returns the verdict; what follows it stays in `received`. */
  async prove(proof: Proof, more: Uint8Array = new Uint8Array(0)): Promise<Verdict> {
    this.write(upgradeRequest());
    await this.until((received) => received.includes("\r\n\r\n"));
    this.received = this.received.subarray(this.received.indexOf("\r\n\r\n") + 4);
    this.write(Buffer.concat([maskedFrame(encode(proofCodec, proof)), more]));
    return this.verdict();
  }

  /** Reads the verdict, which is a server's first frame. */
  async verdict(): Promise<Verdict> {
    await this.until((received) => received.length >= 2 && received.length >= 2 + (received[1] ?? 0));
    const end = 2 + (this.received[1] ?? 0);
    const verdict = decode(verdictCodec, this.received.subarray(2, end));
    this.received = this.received.subarray(end);
    return verdict;
  }
}

export class SecurePeer extends TestPeer {
  readonly sessions: Buffer[] = [];

  constructor(socket: TLSSocket) {
    super(socket);
    socket.on("session", (session: Buffer) => this.sessions.push(session));
  }
}

export function upgradeRequest(headers: Readonly<Record<string, string>> = {}, path: string = connectPath): string {
  const all = {
    Host: testHost,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "cmVtcGFydC1nYXRlLXRlcw==",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** A client's frame. */
export function maskedFrame(payload: Uint8Array, first = 0x82): Buffer {
  const { length } = payload;
  const mask = [1, 2, 3, 4];
  const head = length < 126 ? [first, 0x80 | length] : [first, 0xfe, length >> 8, length & 0xff];
  const masked = payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
  return Buffer.concat([Buffer.from([...head, ...mask]), masked]);
}
