/** A client of the bare protocol for tests: requests with replies, and the pushes in the order in which they came. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  type AccountId,
  accountProof,
  asId,
  type Branded,
  connectPath,
  decode,
  decodeReceived,
  decodeReply,
  encode,
  encodeRequest,
  hostOf,
  idBytes,
  type OperationName,
  ProtocolError,
  type Push,
  type PushName,
  type PushOf,
  proofCodec,
  protocolVersion,
  type ReplyOf,
  type RequestOf,
  type Verdict,
  verdictCodec,
} from "@rempart/protocol";
import { WebSocket } from "ws";
import type { Service } from "../core/service.ts";
import type { CloseCode } from "../ports.ts";

interface Waiting {
  readonly name: OperationName;
  readonly resolve: (reply: never) => void;
  readonly reject: (error: unknown) => void;
}

interface Watcher {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class TestClient {
  readonly pushes: Push[] = [];
  /** The code with which the server closed. */
  closeCode: number | undefined;
  challenge: Uint8Array = new Uint8Array(0);
  /** The host by which this client knows the server. */
  readonly host: string;
  readonly #send: (frame: Uint8Array) => void;
  readonly #waiting = new Map<number, Waiting>();
  #watchers: Watcher[] = [];
  #nextId = 1;

  constructor(host: string, send: (frame: Uint8Array) => void) {
    this.host = host;
    this.#send = send;
  }

  request<N extends OperationName>(name: N, body: RequestOf<N>): Promise<ReplyOf<N>> {
    if (this.closeCode !== undefined) return Promise.reject(new ProtocolError("ERR_BUSY", "the connection has closed"));
    const requestId = this.#nextId++;
    const reply = new Promise<ReplyOf<N>>((resolve, reject) => this.#waiting.set(requestId, { name, resolve, reject }));
    this.#send(encodeRequest(name, requestId, body));
    return reply;
  }

  /** Sends bytes as they are, and waits for the error with this request id. */
  sendRaw(frame: Uint8Array, requestId: number): Promise<never> {
    const reply = new Promise<never>((resolve, reject) =>
      this.#waiting.set(requestId, { name: "ping", resolve, reject }),
    );
    this.#send(frame);
    return reply;
  }

  async hello(): Promise<void> {
    this.challenge = (await this.request("hello", { version: protocolVersion, agent: "test" })).challenge;
  }

  /** Resolves as soon as the condition holds, looked at after every frame; rejects when the connection closes first. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#watchers.push({ isMet, resolve, reject }));
  }

  pushesOf<N extends PushName>(name: N): PushOf<N>[] {
    return this.pushes.flatMap((push) => (push.name === name ? [push.body as PushOf<N>] : []));
  }

  /** Every entry pushed, in order. */
  get entries() {
    return this.pushesOf("entries").flatMap(({ entries }) => entries);
  }

  received(frame: Uint8Array): void {
    const received = decodeReceived(frame);
    if (received.kind === "push") this.pushes.push(received.push);
    else {
      const waiting = this.#waiting.get(received.requestId);
      this.#waiting.delete(received.requestId);
      if (received.kind === "error") waiting?.reject(received.error);
      else if (waiting !== undefined) waiting.resolve(decodeReply(waiting.name, received.body) as never);
    }
    this.#look();
  }

  closedBy(code: number): void {
    this.closeCode = code;
    const error = new ProtocolError("ERR_BUSY", "the connection has closed");
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#look();
    for (const { reject } of this.#watchers.splice(0)) reject(error);
  }

  #look(): void {
    const met = this.#watchers.filter(({ isMet }) => isMet());
    this.#watchers = this.#watchers.filter((watcher) => !met.includes(watcher));
    for (const { resolve } of met) resolve();
  }
}

const testHost = "server.example";

/** A client's way in, straight to a service; `isPaused` makes it a client that does not read. */
export class MemoryLink {
  readonly client: TestClient;
  bufferedBytes = 0;
  isPaused = false;
  #inbound: ReturnType<Service["connect"]> | undefined;
  #queue: Uint8Array[] = [];

  constructor(service: Service) {
    this.client = new TestClient(testHost, (frame) => this.#inbound?.receive(frame));
    this.#inbound = service.connect(this, { hosts: [testHost] });
  }

  send(frame: Uint8Array): void {
    this.#queue.push(frame);
    this.bufferedBytes += frame.length;
    if (!this.isPaused && this.#queue.length === 1) queueMicrotask(() => this.#deliver());
  }

  close(code: CloseCode): void {
    this.#deliver();
    this.client.closedBy(code);
  }

  /** The client goes away. */
  cut(): void {
    this.#inbound?.closed();
  }

  resume(): void {
    this.isPaused = false;
    this.#deliver();
  }

  #deliver(): void {
    const frames = this.#queue;
    this.#queue = [];
    this.bufferedBytes = 0;
    for (const frame of frames) this.client.received(frame);
    this.#inbound?.drained();
  }
}

/** A greeted client of a service in this process. */
export async function connectTo(service: Service): Promise<TestClient> {
  const { client } = new MemoryLink(service);
  await client.hello();
  return client;
}

/** What somebody shows who has nothing to show. */
export const emptyProof: Uint8Array = encode(proofCodec, { kind: "none" });

/** Shows a proof on a WebSocket that is being opened, and resolves with the verdict; rejects when there comes none. */
export function passGate(socket: WebSocket, proof: Uint8Array = emptyProof): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    socket.once("open", () => socket.send(proof));
    socket.once("message", (data) => resolve(decode(verdictCodec, data as Buffer)));
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`closed with ${code} before a verdict`)));
  });
}

/** A greeted client of a server on the network; `url` as `startServer` gives it, `host` what the client takes it for. */
export async function connectOver(
  url: string,
  { host = hostOf(url) }: { readonly host?: string } = {},
): Promise<TestClient & { readonly end: () => void }> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${connectPath}`, { headers: { Host: host } });
  const client = Object.assign(new TestClient(host, (frame) => socket.send(frame)), {
    end: () => socket.terminate(),
  });
  const verdict = await passGate(socket);
  if (verdict.kind === "refused") throw new Error(`the gate refused: ${verdict.reason}`);
  socket.on("message", (data) => client.received(data as Buffer));
  socket.on("error", () => socket.terminate());
  socket.on("close", (code) => client.closedBy(code));
  await client.hello();
  return client;
}

export class TestAccount {
  readonly accountId: AccountId;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-idBytes.AccountId);
    this.accountId = asId("AccountId", new Uint8Array(raw));
    this.#privateKey = privateKey;
  }

  sign(
    use: "register" | "authenticate",
    { challenge, host }: { readonly challenge: Uint8Array; readonly host: string },
  ): Uint8Array {
    const proof = accountProof(use, { challenge, host, accountId: this.accountId });
    return new Uint8Array(sign(null, proof, this.#privateKey));
  }

  register(client: TestClient, inviteSecret: Branded<"InviteSecret">) {
    const signature = this.sign("register", client);
    return client.request("register", { inviteSecret, accountId: this.accountId, signature });
  }

  authenticate(client: TestClient) {
    const signature = this.sign("authenticate", client);
    return client.request("authenticate", { accountId: this.accountId, signature });
  }
}

export function random<Name extends keyof typeof idBytes>(name: Name): Branded<Name> {
  return asId(name, new Uint8Array(randomBytes(idBytes[name])));
}
