/** The operators' port: health, metrics, and the gate's page. Meant for this machine only. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import { answerHealth } from "../http.ts";
import type { GateObserver } from "./gate-observer.ts";
import { isKnownHost } from "./host-check.ts";
import { adminLimits as limits } from "./limits.ts";
import { type PageFile, readPage } from "./page.ts";

export interface AdminOptions {
  /** The host that the port is listened on: requests may name it. */
  readonly host: string;
  /** The exposition of `/metrics`. */
  metrics(): string;
  isHealthy(): boolean;
  /** Absent where there is no gate. */
  readonly observer?: GateObserver;
}

/** Not listening yet. Rejects when the page cannot be read. */
export async function createAdminServer(options: AdminOptions): Promise<Server> {
  const page = options.observer === undefined ? new Map<string, PageFile>() : await readPage();
  const server = createServer({ ...deadlines, maxHeaderSize: limits.headBytes }, (request, response) => {
    answer(request, response, { ...options, page }).catch(() => {
      // A fault of ours, which must not end the server.
      if (response.headersSent) response.destroy();
      else fail(response, 500, "ERR_INTERNAL", "the server failed at this");
    });
  });
  server.maxConnections = limits.connections;
  return server;
}

/** Milliseconds. */
const deadlines = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
};

type Answering = AdminOptions & { readonly page: ReadonlyMap<string, PageFile> };

async function answer(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<void> {
  const { headers, socket } = request;
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const isRead = request.method === "GET" || request.method === "HEAD";
  const { observer } = options;
  if (!isKnownHost({ host: headers.host, localAddress: socket.localAddress, listed: options.host })) {
    return fail(response, 421, "ERR_HOST", "ask for localhost, or for the address that this port listens on");
  }
  if (path === "/gate/explain" && observer !== undefined) return explain(request, response, observer);
  if (!isRead) return fail(response, 405, "ERR_METHOD", "only GET and HEAD");
  if (path === "/healthz") return answerHealth(response, options.isHealthy());
  if (path === "/metrics") return send(response, 200, metricsType, options.metrics());
  if (path === "/gate.json" && observer !== undefined) return sendJson(response, 200, observer.view());
  const file = options.page.get(path);
  if (file !== undefined) return send(response, 200, file.type, file.body);
  fail(response, 404, "ERR_NOT_FOUND", "there are /gate, /metrics and /healthz");
}

/** The address is in the body, because URLs end up in logs. */
async function explain(request: IncomingMessage, response: ServerResponse, observer: GateObserver): Promise<void> {
  const { method, headers } = request;
  if (method !== "POST") return fail(response, 405, "ERR_METHOD", "ask with POST");
  // A form or a script of another site can send neither without the browser asking us first.
  const isJson = /^application\/json(?:;|$)/.test(headers["content-type"] ?? "");
  if (!isJson || isForeign(headers))
    return fail(response, 415, "ERR_CONTENT_TYPE", "ask with application/json, from this page");
  const body = await readBody(request);
  if (body === undefined) return fail(response, 413, "ERR_TOO_LARGE", `ask with at most ${limits.bodyBytes} bytes`);
  const address = addressIn(body);
  if (address === undefined) return fail(response, 400, "ERR_JSON", 'ask with {"address": "198.51.100.7"}');
  const explanation = observer.explain(address);
  if (explanation !== undefined) return sendJson(response, 200, explanation);
  fail(
    response,
    400,
    "ERR_ADDRESS",
    "this is no address: give one such as 198.51.100.7 or 2001:db8::7, without a port",
  );
}

function isForeign({ origin, host }: IncomingMessage["headers"]): boolean {
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

/** `undefined` when it is too large, or never ends. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > limits.bodyBytes) return undefined;
      parts.push(part);
    }
  } catch {
    // The connection broke off: nobody is there to be answered.
    return undefined;
  }
  return Buffer.concat(parts).toString("utf8");
}

function addressIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const address: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "address") : undefined;
    return typeof address === "string" ? address.trim() : undefined;
  } catch {
    return undefined;
  }
}

const metricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** On every response: the page runs our script only, talks to this port only, and stands in nobody's frame. */
const fences: OutgoingHttpHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...fences, "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  send(response, status, "application/json", `${JSON.stringify(value)}\n`);
}

function fail(response: ServerResponse, status: number, error: string, message: string): void {
  // What is still coming of a request that we do not read to its end.
  if (!response.req.complete) response.setHeader("Connection", "close");
  sendJson(response, status, { error, message });
}
