/**
 * A fence around Node 26: whoever listens to `newSession` makes it read ClientHellos by itself, and when a peer resets
 * the connection in that very moment it calls a method of a handle that is gone. The error has no handler, and one
 * packet of a stranger ends the process. Here the hello of a connection that has closed is passed over.
 */
import { TLSSocket } from "node:tls";

interface Handle {
  onclienthello?: (hello: unknown) => void;
}

interface Secured {
  readonly _handle: Handle | null;
}

type Init = (this: Secured, ...options: unknown[]) => void;

const prototype = TLSSocket.prototype as unknown as { _init: Init };
const init = prototype._init;

prototype._init = function (...options) {
  init.apply(this, options);
  const handle = this._handle;
  const heard = handle?.onclienthello;
  if (handle === null || heard === undefined) return;
  handle.onclienthello = (hello) => {
    if (this._handle !== null) heard.call(handle, hello);
  };
};
