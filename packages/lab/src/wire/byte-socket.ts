import { connect, type Socket } from "node:net";
import { LabError } from "../lab-error.ts";

/** Every socket of the process reads into this one buffer; what is incomplete is copied out of it. */
const sharedBuffer = Buffer.alloc(65_536);
/** More unused bytes than any protocol here needs: whoever sends them is broken. */
const restBytesMax = 1_048_576;

/** Takes `bytes[0…end)`, good only during the call, and returns how many it used; the rest comes again with what follows. */
export type ByteHandler = (bytes: Buffer, end: number) => number;

export interface ByteTarget {
  readonly host: string;
  readonly port: number;
}

/** A TCP connection that costs as little as Node allows: one shared read buffer, no streams. */
export class ByteSocket {
  onBytes: ByteHandler = (_, end) => end;
  /** Called once, when the connection has ended for whatever reason. */
  onClose: (error: LabError) => void = () => undefined;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #failure: LabError | undefined;
  #isClosed = false;

  private constructor(target: ByteTarget) {
    this.#socket = connect({
      ...target,
      noDelay: true,
      onread: {
        buffer: sharedBuffer,
        callback: (count) => {
          this.#receive(count);
          return true;
        },
      },
    });
    this.#socket.on("error", (error) => this.fail(error.message));
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.onClose(this.#closedBecause());
    });
  }

  /** Connects. Throws `ERR_CONNECTION`. */
  static open(target: ByteTarget): Promise<ByteSocket> {
    return new Promise((resolve, reject) => {
      const made = new ByteSocket(target);
      made.onClose = reject;
      made.#socket.on("connect", () => resolve(made));
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes bytes that must not change afterwards. */
  write(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** Ends the connection for a reason that {@link onClose} will be told. */
  fail(reason: string): void {
    this.#failure ??= new LabError("ERR_CONNECTION", reason);
    this.#socket.destroy();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(count: number): void {
    const bytes = this.#rest.length === 0 ? sharedBuffer : Buffer.concat([this.#rest, sharedBuffer.subarray(0, count)]);
    const end = this.#rest.length + count;
    const used = this.onBytes(bytes, end);
    // Copied, because the shared buffer belongs to whichever socket reads next.
    this.#rest = used === end ? this.#rest.subarray(0, 0) : Buffer.from(bytes.subarray(used, end));
    if (this.#rest.length > restBytesMax) this.fail("the other side sent a giant message");
  }

  #closedBecause(): LabError {
    return this.#failure ?? new LabError("ERR_CONNECTION", "the connection ended");
  }
}
