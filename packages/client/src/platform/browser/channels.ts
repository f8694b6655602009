/** Channels between a page and a worker of its own (a message port), or of another tab (a broadcast channel). */
import type { Channel } from "../../remote/index.ts";

/**
 * A channel that knows how much of what was sent has arrived. When the other side dies without a word,
 * what has not arrived can be sent again elsewhere without being done twice.
 */
export interface ReceiptChannel extends Channel {
  /** Messages sent so far, which is also the number of the last one. */
  readonly sentCount: number;
  /** Whether the other side has said that it got the message of this number, before it acted on it. */
  hasArrived(number: number): boolean;
}

interface Packet {
  readonly message?: unknown;
  /** Asks for a receipt of this number. */
  readonly number?: number;
  readonly receipt?: number;
  readonly isEnd?: boolean;
}

/** What both kinds share: messages that come before there is a listener wait for it; closing is heard once. */
abstract class BrowserChannel implements ReceiptChannel {
  readonly #early: unknown[] = [];
  #listener: ((message: unknown) => void) | undefined;
  #onClosed: (() => void) | undefined;
  #isOpen = true;
  #sentCount = 0;
  #arrivedCount = 0;

  protected abstract post(packet: Packet): void;
  protected abstract release(): void;

  get sentCount(): number {
    return this.#sentCount;
  }

  hasArrived(number: number): boolean {
    return number <= this.#arrivedCount;
  }

  send(message: unknown): void {
    if (this.#isOpen) this.post({ message, number: ++this.#sentCount });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener(message);
  }

  onClose(listener: () => void): void {
    this.#onClosed = listener;
    if (!this.#isOpen) listener();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.post({ isEnd: true });
    this.#end();
  }

  protected receive({ message, number, receipt, isEnd }: Packet): void {
    if (!this.#isOpen) return;
    if (isEnd === true) this.#end();
    else if (receipt !== undefined) this.#arrivedCount = receipt;
    else {
      // Before the message is acted upon: without a receipt nothing can have been done.
      if (number !== undefined && isCall(message)) this.post({ receipt: number });
      if (this.#listener === undefined) this.#early.push(message);
      else this.#listener(message);
    }
  }

  #end(): void {
    this.#isOpen = false;
    this.release();
    this.#onClosed?.();
  }
}

/** Only calls do something; receipts for answers and events would be noise. */
function isCall(message: unknown): boolean {
  return (message as { readonly type?: unknown } | null)?.type === "call";
}

class PortChannel extends BrowserChannel {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.onmessage = (event: MessageEvent<Packet>) => this.receive(event.data);
  }

  protected post(packet: Packet): void {
    this.#port.postMessage(packet);
  }

  protected release(): void {
    this.#port.close();
  }
}

class TabChannel extends BrowserChannel {
  readonly #channel: BroadcastChannel;

  constructor(name: string) {
    super();
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event: MessageEvent<Packet>) => this.receive(event.data);
  }

  protected post(packet: Packet): void {
    this.#channel.postMessage(packet);
  }

  protected release(): void {
    this.#channel.close();
  }
}

/** A channel over one end of a `MessageChannel`. */
export function portChannel(port: MessagePort): ReceiptChannel {
  return new PortChannel(port);
}

/** A channel to whoever else opens the same name; exactly two may. */
export function tabChannel(name: string): ReceiptChannel {
  return new TabChannel(name);
}
