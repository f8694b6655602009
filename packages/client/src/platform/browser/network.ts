/** Connections over the browser's WebSocket. */
import { connectPath } from "@rempart/protocol";
import type { Link, LinkHandlers, Network } from "../../ports.ts";

/** Normal closure (RFC 6455 §7.4.1). */
const closeNormal = 1000;

export const browserNetwork: Network = {
  connect(origin, handlers) {
    return new BrowserLink(origin, handlers);
  },
};

class BrowserLink implements Link {
  readonly #socket: WebSocket;
  readonly #early: Uint8Array<ArrayBuffer>[] = [];
  #isClosed = false;

  constructor(origin: string, handlers: LinkHandlers) {
    this.#socket = new WebSocket(`${origin.replace(/^http/, "ws")}${connectPath}`);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => {
      if (this.#isClosed) return;
      for (const frame of this.#early.splice(0)) this.#socket.send(frame);
      handlers.opened();
    };
    this.#socket.onmessage = (event: MessageEvent<unknown>) => {
      if (this.#isClosed) return;
      // The protocol has no text frames: whoever sends one is no Rempart server.
      if (event.data instanceof ArrayBuffer) handlers.frame(new Uint8Array(event.data));
      else this.#socket.close();
    };
    // An `error` event is always followed by `close`, which carries all that scripts may know.
    this.#socket.onclose = (event) => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      handlers.closed({ code: event.code });
    };
  }

  send(frame: Uint8Array): void {
    if (this.#isClosed) return;
    const bytes = frame as Uint8Array<ArrayBuffer>;
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#early.push(bytes);
    else this.#socket.send(bytes);
  }

  bufferedBytes(): number {
    return this.#socket.bufferedAmount + this.#early.reduce((sum, frame) => sum + frame.length, 0);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close(closeNormal);
  }
}
