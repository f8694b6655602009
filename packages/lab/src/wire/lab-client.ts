import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  type AccountId,
  accountProof,
  asId,
  authOf,
  type Capability,
  connectPath,
  decode,
  decodeReceived,
  decodeReply,
  encode,
  encodeRequest,
  hostOf,
  type InviteSecret,
  type LogId,
  type OperationName,
  type Push,
  proofCodec,
  protocolVersion,
  type ReplyOf,
  type RequestOf,
  verdictCodec,
} from "@rempart/protocol";
import { within } from "../deadline.ts";
import { LabError } from "../lab-error.ts";
import { type FrameHandler, WireSocket } from "./wire-socket.ts";

/** How long a single answer may take before a run is given up. */
const answerMsMax = 30_000;

/** An account as the lab needs it: an Ed25519 key and nothing else. */
export interface LabAccount {
  readonly accountId: AccountId;
  readonly privateKey: KeyObject;
}

/** A log together with what its members know. */
export interface LabLog {
  readonly logId: LogId;
  readonly readKey: Capability;
  readonly writeKey: Capability;
}

const emptyProof = encode(proofCodec, { kind: "none" });

/** Resolves when the gate has let this connection in; rejects when it has not. */
function passGate(socket: WireSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.onFrame = (bytes, start, end) => {
      const verdict = decode(verdictCodec, bytes.subarray(start, end));
      if (verdict.kind === "admitted") resolve();
      else reject(new LabError("ERR_CONNECTION", `the gate refused this connection: ${verdict.reason}`));
    };
    socket.onClose = reject;
    socket.send(emptyProof);
  });
}

interface Waiting {
  readonly name: OperationName;
  readonly resolve: (body: never) => void;
  readonly reject: (error: Error) => void;
}

export function newAccount(): LabAccount {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return { accountId: asId("AccountId", new Uint8Array(raw)), privateKey };
}

export function newLog(): LabLog {
  return {
    logId: asId("LogId", new Uint8Array(randomBytes(16))),
    readKey: asId("Capability", new Uint8Array(randomBytes(32))),
    writeKey: asId("Capability", new Uint8Array(randomBytes(32))),
  };
}

/** One connection that speaks Rempart's protocol, without MLS: what a load generator needs of a client. */
export class LabClient {
  /** Called for every push while frames are decoded (see {@link takeFrames}). */
  onPush: (push: Push) => void = () => undefined;
  readonly socket: WireSocket;
  /** The host by which it knows the server. */
  readonly #host: string;
  #challenge: Uint8Array = new Uint8Array(0);
  #lastRequestId = 0;
  readonly #waiting = new Map<number, Waiting>();

  private constructor(socket: WireSocket, host: string) {
    this.socket = socket;
    this.#host = host;
    // Copied, because decoded values are views and the read buffer is shared.
    socket.onFrame = (bytes, start, end) => this.#receive(new Uint8Array(bytes.subarray(start, end)));
    socket.onClose = (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
  }

  /** Connects, passes the gate with nothing to show, and says hello. */
  static async open(address: { readonly host: string; readonly port: number }): Promise<LabClient> {
    const socket = await within(answerMsMax, "connecting", WireSocket.open({ ...address, path: connectPath }));
    await within(answerMsMax, "the gate's verdict", passGate(socket));
    const client = new LabClient(socket, hostOf(`http://${address.host}:${address.port}`));
    const { challenge } = await client.request("hello", { version: protocolVersion, agent: "rempart-lab" });
    client.#challenge = challenge;
    return client;
  }

  /** Sends a request and waits for its answer; throws the server's `ProtocolError`, or `ERR_CONNECTION`. */
  request<N extends OperationName>(name: N, body: RequestOf<N>): Promise<ReplyOf<N>> {
    const requestId = ++this.#lastRequestId;
    const answer = new Promise<ReplyOf<N>>((resolve, reject) => {
      if (this.socket.isClosed) throw new LabError("ERR_CONNECTION", "the connection has ended");
      this.#waiting.set(requestId, { name, resolve, reject });
      this.socket.send(encodeRequest(name, requestId, body));
    });
    return within(answerMsMax, `the answer to ${name}`, answer);
  }

  async register(account: LabAccount, inviteSecret: InviteSecret): Promise<void> {
    const { accountId } = account;
    await this.request("register", { inviteSecret, accountId, signature: this.#prove("register", account) });
  }

  async authenticate(account: LabAccount): Promise<void> {
    const { accountId } = account;
    await this.request("authenticate", { accountId, signature: this.#prove("authenticate", account) });
  }

  async createLog(log: LabLog): Promise<void> {
    await this.request("create", {
      logId: log.logId,
      readAuth: authOf(log.readKey),
      writeAuth: authOf(log.writeKey),
      policy: { retentionSeconds: 0 },
    });
  }

  /** Subscribes to one log; throws when the server refuses it. */
  async subscribe(log: LabLog, fromSeq = 1): Promise<void> {
    const { results } = await this.request("subscribe", {
      subscriptions: [{ logId: log.logId, readKey: log.readKey, fromSeq }],
    });
    const status = results[0]?.status;
    if (status !== 0) throw new LabError("ERR_BENCH", `the subscription was refused with status ${status}`);
  }

  /** Hands all further frames over raw: the fast path of a measurement. No request may be waiting. */
  takeFrames(handler: FrameHandler): void {
    this.socket.onFrame = handler;
  }

  close(): void {
    this.socket.destroy();
  }

  #prove(use: "register" | "authenticate", account: LabAccount): Uint8Array {
    const { accountId } = account;
    const proof = accountProof(use, { challenge: this.#challenge, host: this.#host, accountId });
    return new Uint8Array(sign(null, proof, account.privateKey));
  }

  #receive(frame: Uint8Array): void {
    const received = decodeReceived(frame);
    if (received.kind === "push") {
      this.onPush(received.push);
      return;
    }
    const waiting = this.#waiting.get(received.requestId);
    this.#waiting.delete(received.requestId);
    if (received.kind === "error") waiting?.reject(received.error);
    else waiting?.resolve(decodeReply(waiting.name, received.body) as never);
  }
}
