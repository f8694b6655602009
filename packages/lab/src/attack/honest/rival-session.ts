import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { LabError } from "../../lab-error.ts";
import { requireLoopback, type Target } from "../target.ts";

/** One connection of an honest client to a rival. */
export class RivalSession {
  /** Called with whatever comes. */
  onBytes: (bytes: Buffer) => void = () => undefined;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.onBytes(bytes));
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  /** Connects, and resumes `session` where there is one. Throws `ERR_CONNECTION`. */
  static async open(
    target: Target,
    source: string,
    tls: { readonly session: Buffer | undefined; readonly onSession: (session: Buffer) => void },
  ): Promise<RivalSession> {
    requireLoopback(target.host);
    const address = { host: target.host, port: target.port, localAddress: source, noDelay: true };
    const socket = target.isTls ? openTls(address, tls) : connectTcp(address);
    const made = new RivalSession(socket);
    await made.whether(
      new Promise<void>((resolve) => socket.once(target.isTls ? "secureConnect" : "connect", () => resolve())),
    );
    return made;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Settles as `work` does; throws `ERR_CONNECTION` when the connection ends first. */
  async whether<T>(work: Promise<T>): Promise<T> {
    const ended = this.closed.then(() => {
      throw new LabError("ERR_CONNECTION", "the connection ended");
    });
    return Promise.race([work, ended]);
  }
}

function openTls(
  address: { host: string; port: number; localAddress: string },
  { session, onSession }: { readonly session: Buffer | undefined; readonly onSession: (session: Buffer) => void },
): TLSSocket {
  const options = { ...address, servername: "localhost", rejectUnauthorized: false };
  const socket = connectTls(session === undefined ? options : { ...options, session });
  socket.on("session", onSession);
  return socket;
}
