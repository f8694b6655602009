/** The client's {@link Network} on `ws`. */
import type { IncomingMessage } from "node:http";
import { Agent } from "node:https";
import { connectPath, limits } from "@rempart/protocol";
import { WebSocket } from "ws";
import type { Link, LinkHandlers, Network } from "../../ports.ts";

const options = {
  maxPayload: limits.frameBytesMax,
  /** A frame is one message; a server that cuts one into more pieces than this is not one of ours. */
  maxFragments: 16,
  /** Pieces in which the network may hand over one frame, before the parser gives up. */
  maxBufferedChunks: 4_096,
  perMessageDeflate: false,
  followRedirects: false,
  /** Until the WebSocket handshake is done, in milliseconds. */
  handshakeTimeout: 10_000,
  /** For the other side's answer to a close, in milliseconds; then the socket is cut. */
  closeTimeout: 2_000,
} as const;

/**
 * Keeps the latest TLS session of each server while the program runs: a gate recognises whoever comes back by it, before
 * it has spent anything on TLS.
 */
const sessionKeeper = new Agent({ keepAlive: false, maxCachedSessions: 16 });

/** RFC 6455 §7.4.1: the connection ended without a close frame, or never was one. */
const closedAbnormally = 1006;
const unsupportedData = 1003;
/** IANA's registry of close codes: the server says to come back later. */
const tryAgainLater = 1013;

/** Longest `Retry-After` that is believed: one hour, in seconds. */
const retryAfterSecondsMax = 3_600;

/**
 * Connects over TCP or TLS. `closed` carries the WebSocket close code; 1006 when there never was a
 * connection or it was cut; 1013 when the answer was HTTP 429 or 503, with its `Retry-After`.
 */
export const wsNetwork: Network = { connect };

function connect(origin: string, handlers: LinkHandlers): Link {
  const address = addressOf(origin);
  const socket = new WebSocket(address, address.protocol === "wss:" ? { ...options, agent: sessionKeeper } : options);
  let isClosed = false;
  const closed = (code: number, retryAfterMs?: number) => {
    if (isClosed) return;
    isClosed = true;
    handlers.closed(retryAfterMs === undefined ? { code } : { code, retryAfterMs });
  };
  socket.on("open", () => handlers.opened());
  socket.on("message", (data, isBinary) => {
    if (isClosed) return;
    if (isBinary && Buffer.isBuffer(data)) {
      handlers.frame(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else socket.close(unsupportedData);
  });
  socket.on("unexpected-response", (request, response) => {
    request.destroy();
    const isBusy = response.statusCode === 429 || response.statusCode === 503;
    closed(isBusy ? tryAgainLater : closedAbnormally, retryAfterOf(response));
  });
  // Every failure is followed by `close`; without a listener it would end the process.
  socket.on("error", () => undefined);
  socket.on("close", (code) => closed(code));
  return {
    send(frame) {
      if (!isClosed && socket.readyState === WebSocket.OPEN) socket.send(frame);
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: () => socket.close(),
  };
}

/** `https://host` → `wss://host/v1/connect`. */
function addressOf(origin: string): URL {
  const address = new URL(connectPath, origin);
  address.protocol = address.protocol === "http:" ? "ws:" : "wss:";
  return address;
}

function retryAfterOf(response: IncomingMessage): number | undefined {
  const seconds = Number(response.headers["retry-after"]);
  if (!Number.isFinite(seconds) || seconds <= 0) return undefined;
  return Math.min(seconds, retryAfterSecondsMax) * 1_000;
}
