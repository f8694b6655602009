import type { LabError } from "../lab-error.ts";
import { ByteSocket, type ByteTarget } from "./byte-socket.ts";
import { frameHeaderAt, maskedFrame, opcodes, upgradeRequest } from "./websocket-frame.ts";

/** One frame that has arrived: `bytes[start..end)` is its payload and is good only during the call. */
export type FrameHandler = (bytes: Buffer, start: number, end: number) => void;

export interface WireTarget extends ByteTarget {
  readonly path: string;
}

/**
 * A WebSocket client for load: no streams, no copies of what arrives whole. Speaks only to servers under
 * test; pings are answered, fragments are refused.
 */
export class WireSocket {
  /** Called for every data frame. */
  onFrame: FrameHandler = () => undefined;
  /** Called after all frames of one read, so that answers can be written together. */
  onBatchEnd: () => void = () => undefined;
  /** Called once, when the connection has ended for whatever reason. */
  onClose: (error: LabError) => void = () => undefined;
  readonly #socket: ByteSocket;

  private constructor(socket: ByteSocket) {
    this.#socket = socket;
  }

  /** Connects and upgrades. Throws `ERR_CONNECTION`. */
  static async open(target: WireTarget): Promise<WireSocket> {
    const { host, port, path } = target;
    const bytes = await ByteSocket.open({ host, port });
    const made = new WireSocket(bytes);
    await new Promise<void>((resolve, reject) => {
      bytes.onClose = reject;
      bytes.onBytes = (received, end) => made.#takeUpgrade(received, end, resolve);
      bytes.write(upgradeRequest(path, `${host}:${port}`));
    });
    bytes.onClose = (error) => made.onClose(error);
    return made;
  }

  get isClosed(): boolean {
    return this.#socket.isClosed;
  }

  /** Sends one binary frame. */
  send(payload: Uint8Array): void {
    this.#socket.write(maskedFrame(payload).bytes);
  }

  /** Writes frames that are masked already. The bytes must not change afterwards. */
  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  /** Ends the connection at once, without a closing handshake. */
  destroy(): void {
    this.#socket.destroy();
  }

  #takeUpgrade(bytes: Buffer, end: number, done: () => void): number {
    const bodyAt = bytes.subarray(0, end).indexOf("\r\n\r\n");
    if (bodyAt < 0) return 0;
    const status = bytes.toString("latin1", 0, bytes.indexOf("\r\n"));
    if (!status.startsWith("HTTP/1.1 101")) {
      this.#socket.fail(`the server answered the upgrade with "${status}"`);
      return end;
    }
    this.#socket.onBytes = (received, receivedEnd) => this.#takeFrames(received, 0, receivedEnd);
    done();
    return this.#takeFrames(bytes, bodyAt + 4, end);
  }

  #takeFrames(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (!this.isClosed) {
      const header = frameHeaderAt(bytes, at, end);
      if (header === undefined || at + header.headerBytes + header.length > end) break;
      const payloadAt = at + header.headerBytes;
      at = payloadAt + header.length;
      if (header.opcode === opcodes.binary && header.isFinal) this.onFrame(bytes, payloadAt, at);
      else this.#takeControl(header.opcode, bytes.subarray(payloadAt, at));
    }
    this.onBatchEnd();
    return at;
  }

  #takeControl(opcode: number, payload: Uint8Array): void {
    if (opcode === opcodes.ping) this.#socket.write(maskedFrame(payload, opcodes.pong).bytes);
    else if (opcode === opcodes.close) this.#socket.fail("the server closed the connection");
    else if (opcode !== opcodes.pong) this.#socket.fail(`the server sent an unexpected frame (opcode ${opcode})`);
  }
}
