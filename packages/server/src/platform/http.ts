/** Plain HTTP: the web app with the headers that fence it, and the health check. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { WebFile, WebFiles } from "./web-files.ts";

export interface HttpOptions {
  readonly webFiles: WebFiles;
  readonly isHealthy: () => boolean;
  /** Other deadlines than the server's own: for tests. */
  readonly deadlines?: Partial<typeof deadlines>;
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** On every response: the page runs our code only, in nobody's frame, and tells nobody where it was. */
const fences: OutgoingHttpHeaders = {
  "Content-Security-Policy": contentSecurityPolicy,
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "geolocation=(), payment=(), usb=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** Addresses inside the app: invitation and contact links end there, with their secrets after the `#`. */
const appPaths: ReadonlySet<string> = new Set(["/", "/i", "/c"]);

/**
 * Deadlines against clients that dawdle, in milliseconds; also for those that connect and say nothing at all.
 * Node looks at all connections in one sweep, at every interval.
 */
const deadlines = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
};
/** Bounds what one request may hold. */
const headerBytesMax = 8_192;

export function createHttpServer(options: HttpOptions): Server {
  const server = createServer(
    { ...deadlines, ...options.deadlines, maxHeaderSize: headerBytesMax },
    (request, response) => answer(request, response, options),
  );
  server.maxRequestsPerSocket = 1_000;
  // Upgrades at the one path that takes them never come here: the gate answers those.
  server.on("upgrade", (_, stream) => refuseUpgrade(stream as Socket));
  return server;
}

/** Nobody watches the clock for an upgraded socket: it must not stay half open until its peer closes too. */
function refuseUpgrade(socket: Socket): void {
  // A reset would otherwise end the process.
  socket.on("error", () => socket.destroy());
  socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", () => socket.destroySoon());
}

function answer(request: IncomingMessage, response: ServerResponse, { webFiles, isHealthy }: HttpOptions): void {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const isPage = appPaths.has(path);
  const file = webFiles.get(isPage ? "/index.html" : path);
  if (request.method !== "GET" && request.method !== "HEAD") answerText(response, 405, "only GET and HEAD\n");
  else if (path === "/healthz") answerHealth(response, isHealthy());
  else if (file !== undefined) answerFile(request, response, file);
  else answerText(response, 404, isPage ? "the web app has not been built\n" : "not found\n");
}

export function answerHealth(response: ServerResponse, isHealthy: boolean): void {
  const body = JSON.stringify({ status: isHealthy ? "ok" : "failing" });
  response.writeHead(isHealthy ? 200 : 503, {
    ...fences,
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
  });
  response.end(`${body}\n`);
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...fences, "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
  response.end(text);
}

function answerFile(request: IncomingMessage, response: ServerResponse, file: WebFile): void {
  const headers: OutgoingHttpHeaders = {
    ...fences,
    "Cache-Control": file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    ETag: file.etag,
    Vary: "Accept-Encoding",
  };
  if (request.headers["if-none-match"] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const { body, encoding } = variantOf(file, String(request.headers["accept-encoding"] ?? ""));
  if (encoding !== undefined) headers["Content-Encoding"] = encoding;
  response.writeHead(200, { ...headers, "Content-Type": file.type, "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

function variantOf(file: WebFile, accepted: string): { body: Buffer; encoding?: string } {
  const names = new Set(accepted.split(",").map((each) => each.split(";", 1)[0]?.trim()));
  if (file.br !== undefined && names.has("br")) return { body: file.br, encoding: "br" };
  if (file.gzip !== undefined && names.has("gzip")) return { body: file.gzip, encoding: "gzip" };
  return { body: file.plain };
}
