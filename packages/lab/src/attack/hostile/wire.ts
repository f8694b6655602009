import { connect, type Socket } from "node:net";
import type { Random } from "../../random.ts";
import { requireLoopback, type Target } from "../target.ts";
import type { Tally } from "./tally.ts";
import { TlsHandshake } from "./tls-handshake.ts";

/** All attackers of a process read into this one buffer. */
const sharedBuffer = Buffer.alloc(65_536);

export interface WireEvents {
  /** TCP is up, and TLS where the target speaks it. */
  opened?(wire: HostileWire): void;
  /** Content from the subject; good only during the call. */
  content?(wire: HostileWire, bytes: Buffer): void;
  closed?(wire: HostileWire): void;
}

export interface WireOptions {
  readonly source: string;
  /** Stop at TCP, even where the target speaks TLS. */
  readonly isRaw?: boolean;
  /** Never read what the subject sends. */
  readonly isDeaf?: boolean;
}

/** What every wire of one attack shares. */
export interface WireContext {
  readonly target: Target;
  readonly tally: Tally;
  readonly random: Random;
}

/** One hostile connection: a socket with a source of its own, the attackers' TLS, and entries in their books. */
export class HostileWire {
  readonly #context: WireContext;
  readonly #events: WireEvents;
  readonly #socket: Socket;
  readonly #isTls: boolean;
  /** From the moment that TCP is up: whoever is reset before has cost his attacker no hello. */
  #tls: TlsHandshake | undefined;
  readonly #early: Uint8Array[] = [];
  #isOpen = false;
  #isReady = false;
  #isLeaving = false;
  #errorCode = "";

  /** Throws `ERR_USAGE` for a target or source that is not of the loopback. */
  constructor(context: WireContext, options: WireOptions, events: WireEvents) {
    const { target } = context;
    requireLoopback(target.host);
    requireLoopback(options.source);
    this.#context = context;
    this.#events = events;
    this.#isTls = target.isTls && options.isRaw !== true;
    const reading = { buffer: sharedBuffer, callback: (count: number) => this.#receive(count) };
    this.#socket = connect({
      host: target.host,
      port: target.port,
      localAddress: options.source,
      noDelay: true,
      onread: reading,
    });
    this.#socket.on("connect", () => this.#connected(options.isDeaf === true));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#errorCode = error.code ?? "";
    });
    this.#socket.on("close", () => this.#closed());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The last TLS session ticket that the subject gave. */
  get ticket(): Buffer | undefined {
    return this.#tls?.ticket;
  }

  /** Bytes that the kernel has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends content, through TLS where there is TLS. */
  send(content: Uint8Array): void {
    this.write(this.#tls === undefined ? content : this.#tls.seal(content));
  }

  /** Sends content now, or as soon as TCP and TLS are up. */
  sendOnceOpen(content: Uint8Array): void {
    if (this.#isReady) this.send(content);
    else this.#early.push(content);
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#context.tally.bytesSent += bytes.length;
    this.#socket.write(bytes);
  }

  /** Sends bytes, and resets as soon as the kernel has them. */
  writeAndReset(bytes: Uint8Array): void {
    this.#context.tally.bytesSent += bytes.length;
    this.#socket.write(bytes, () => this.reset());
  }

  /** Stops reading: what the subject sends fills its own buffers. */
  deafen(): void {
    this.#socket.pause();
  }

  /** Ends the connection with a reset. */
  reset(): void {
    this.#isLeaving = true;
    this.#socket.resetAndDestroy();
  }

  /** Ends the connection in order. */
  end(): void {
    this.#isLeaving = true;
    this.#socket.destroy();
  }

  #connected(isDeaf: boolean): void {
    const { tally, random } = this.#context;
    tally.connected += 1;
    tally.held += 1;
    tally.heldMax = Math.max(tally.heldMax, tally.held);
    this.#isOpen = true;
    if (isDeaf) this.#socket.pause();
    if (!this.#isTls) {
      this.#ready();
      return;
    }
    this.#tls = new TlsHandshake({ random: random.bytes(32) });
    this.write(this.#tls.hello);
  }

  #ready(): void {
    this.#isReady = true;
    this.#events.opened?.(this);
    for (const content of this.#early.splice(0)) this.send(content);
  }

  #receive(count: number): boolean {
    const bytes = sharedBuffer.subarray(0, count);
    if (this.#tls === undefined) {
      this.#events.content?.(this, bytes);
      return true;
    }
    const wasDone = this.#tls.isDone;
    const { reply, content, isFailed } = this.#tls.take(bytes);
    if (reply !== undefined) this.write(reply);
    if (isFailed) this.#socket.destroy();
    if (!wasDone && this.#tls.isDone) {
      this.#context.tally.handshakes += 1;
      this.#ready();
    }
    for (const each of content) this.#events.content?.(this, each);
    return true;
  }

  #closed(): void {
    const { tally } = this.#context;
    if (!this.#isOpen) {
      // A reset behind the handshake of TCP, or in answer to SYN, is the subject's refusal; anything else is this machine's limit.
      if (this.#errorCode === "ECONNRESET") tally.connected += 1;
      if (this.#errorCode === "ECONNRESET" || this.#errorCode === "ECONNREFUSED") tally.reset += 1;
      else tally.failed += 1;
    } else {
      tally.held -= 1;
      this.#isOpen = false;
      if (this.#isLeaving) tally.left += 1;
      else if (this.#errorCode === "") tally.ended += 1;
      else tally.reset += 1;
    }
    this.#events.closed?.(this);
  }
}
