/**
 * A fence around Node 26: whoever listens to `newSession` makes it read ClientHellos by itself, and when a peer resets
 * the connection in that very moment it calls a method of a handle that is gone. The error has no handler, and one
 * packet of a stranger ends the process. Here the hello of a connection that has closed is passed over.
 *
 * Behind that call OpenSSL does the dear part of the handshake, so this is also where its time is taken.
 */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

interface Handle {
  onclienthello?: (hello: unknown) => void;
}

interface Secured {
  readonly _handle: Handle | null;
  readonly _parent?: Socket;
}

type Init = (this: Secured, ...options: unknown[]) => void;

const spentMs = new WeakMap<Socket, number>();

/** Milliseconds that the answer to the hello on this TCP connection took; 0 when there was none. */
export function helloMsOf(raw: Socket): number {
  return spentMs.get(raw) ?? 0;
}

const prototype = TLSSocket.prototype as unknown as { _init: Init };
const init = prototype._init;

prototype._init = function (...options) {
  init.apply(this, options);
  const handle = this._handle;
  const heard = handle?.onclienthello;
  if (handle === null || heard === undefined) return;
  handle.onclienthello = (hello) => {
    if (this._handle === null) return;
    const startedAt = performance.now();
    heard.call(handle, hello);
    if (this._parent !== undefined) spentMs.set(this._parent, performance.now() - startedAt);
  };
};
