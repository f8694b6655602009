/** Starts and stops a whole server on Node: store, service, HTTP and WebSocket, admin port. */
import { mkdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { InviteSecret } from "@rempart/protocol";
import { type Logger, pino } from "pino";
import { Service } from "../core/service.ts";
import type { ServerLimits } from "../limits.ts";
import type { Store } from "../ports.ts";
import { Health } from "./health.ts";
import { answerHealth, answerText, createHttpServer } from "./http.ts";
import { LocalBus } from "./local-bus.ts";
import { MemoryStore } from "./memory-store.ts";
import { Metrics } from "./metrics.ts";
import { systemClock, systemCrypto, systemEntropy } from "./node-ports.ts";
import type { CommitReport } from "./sqlite-store/batch.ts";
import { SqliteStore } from "./sqlite-store/sqlite-store.ts";
import { readWebFiles, type WebFiles } from "./web-files.ts";
import { WebSocketDoor } from "./websocket.ts";

export interface Listen {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface ServerOptions {
  /** Where the database lives; made if missing. */
  readonly dataDir: string;
  readonly listen: Listen;
  /** Metrics and health, for the operator's machine only. A port of its own on 127.0.0.1 if absent. */
  readonly adminListen?: Listen;
  /** The built web app; without it only the protocol is served. */
  readonly webRoot?: string;
  /**
   * The server's public addresses, such as `https://chat.example`. Pages from there may connect, and clients may know
   * the server by their hosts. Otherwise they have to dial an IP address of this machine, or `localhost` on it:
   * a name, or the address of a proxy in front, has to be listed.
   */
  readonly allowedOrigins?: readonly string[];
  /** Silent if absent. */
  readonly log?: Logger;
  /** Keeps everything in memory and forgets it at the end: for tests. */
  readonly memory?: boolean;
  /** Largest size of the database in bytes. */
  readonly storageBytesMax?: number;
  readonly limits?: Partial<ServerLimits>;
}

export interface RunningServer {
  readonly url: string;
  readonly adminUrl: string;
  readonly port: number;
  /** While the server has no account: the secret of an invitation for its admin, good for a day. */
  readonly firstInvite?: InviteSecret;
  /** Lets waiting requests be answered, closes connections and store. May be called again. */
  stop(): Promise<void>;
}

/**
 * Rejects when a port is taken, an allowed origin is no address, the data directory cannot be used, or the web app
 * cannot be read.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const log = options.log ?? pino({ enabled: false });
  const health = new Health(log, systemClock);
  const webFiles: WebFiles = options.webRoot === undefined ? new Map() : await readWebFiles(options.webRoot);
  let onCommit: (report: CommitReport) => void = () => undefined;
  const store = await openStore(options, health, (report) => onCommit(report));
  const report = (error: unknown) => log.error({ reason: textOf(error) }, "a request met an error of the server's own");
  const ports = { store, bus: new LocalBus(), clock: systemClock, entropy: systemEntropy, crypto: systemCrypto };
  const service = new Service(ports, { report, ...(options.limits === undefined ? {} : { limits: options.limits }) });
  const metrics = new Metrics(service.counters);
  onCommit = (commit) => metrics.recordCommit(commit);

  try {
    return await open({ options, log, health, webFiles, store, service, metrics });
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Parts {
  readonly options: ServerOptions;
  readonly log: Logger;
  readonly health: Health;
  readonly webFiles: WebFiles;
  readonly store: Store;
  readonly service: Service;
  readonly metrics: Metrics;
}

async function open({ options, log, health, webFiles, store, service, metrics }: Parts): Promise<RunningServer> {
  const isHealthy = () => health.isGood;
  const firstInvite = await service.createFirstInvite();
  const door = new WebSocketDoor(service, { allowedOrigins: options.allowedOrigins ?? [] });
  const http = createHttpServer({ webFiles, isHealthy });
  http.on("upgrade", (request, socket, head) => door.upgrade(request, socket, head));
  const admin = createAdminServer(metrics, isHealthy);
  const port = await listen(http, options.listen);
  const adminListen = options.adminListen ?? { host: "127.0.0.1", port: 0 };
  const adminPort = await listen(admin, adminListen).catch(async (error: unknown) => {
    await close(http);
    throw error;
  });
  const ticker = setInterval(() => {
    door.tick();
    void service.tick();
  }, tickMs);
  log.info({ port, adminPort }, "the server is ready");

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(ticker);
    const closed = Promise.all([close(http), close(admin)]);
    await service.stop();
    await closed;
    await store.close();
    log.info("the server has stopped");
  };
  return {
    url: urlOf({ ...options.listen, port }),
    adminUrl: urlOf({ ...adminListen, port: adminPort }),
    port,
    ...(firstInvite === undefined ? {} : { firstInvite }),
    stop: () => (stopped ??= stop()),
  };
}

/** How often expiry and deadlines are looked at. */
const tickMs = 1_000;
const pageBytes = 4_096;

async function openStore(
  { dataDir, memory = false, storageBytesMax }: ServerOptions,
  health: Health,
  onCommit: (report: CommitReport) => void,
): Promise<Store> {
  if (memory) return new MemoryStore();
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return SqliteStore.open({
    file: join(dataDir, "rempart.sqlite"),
    ...(storageBytesMax === undefined ? {} : { pagesMax: Math.ceil(storageBytesMax / pageBytes) }),
    onCommit(report) {
      health.hear(report);
      onCommit(report);
    },
    onFailure: (error) => health.spoil(textOf(error)),
  });
}

function createAdminServer(metrics: Metrics, isHealthy: () => boolean): Server {
  return createServer((request, response) => {
    if (request.url === "/healthz") return answerHealth(response, isHealthy());
    if (request.url !== "/metrics") return answerText(response, 404, "not found\n");
    response.writeHead(200, { "Content-Type": "application/openmetrics-text; version=1.0.0; charset=utf-8" });
    response.end(metrics.text());
  });
}

/** The port listened on. */
function listen(server: Server, { host, port }: Listen): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Takes no more connections; idle ones are closed, the others may finish. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function urlOf({ host, port }: Listen): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
