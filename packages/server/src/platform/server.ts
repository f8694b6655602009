/** Starts and stops a whole server on Node: store, service, HTTP and WebSocket, admin port. */
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Certificate, Gate, GateServerLimits, SourceTable } from "@rempart/gate";
import type { InviteSecret } from "@rempart/protocol";
import { type Logger, pino } from "pino";
import { Service } from "../core/service.ts";
import { type ServerLimits, serverLimits } from "../limits.ts";
import type { Store } from "../ports.ts";
import { createAdminServer } from "./admin/admin-server.ts";
import { gateMetrics } from "./admin/gate-metrics.ts";
import { GateObserver } from "./admin/gate-observer.ts";
import { Front } from "./front.ts";
import { Health } from "./health.ts";
import { openTokenOffice, type TokenOffice } from "./issuer.ts";
import { Kernel } from "./kernel.ts";
import { LocalBus } from "./local-bus.ts";
import { MemoryStore } from "./memory-store.ts";
import { Metrics } from "./metrics.ts";
import { systemClock, systemCrypto, systemEntropy } from "./node-ports.ts";
import type { CommitReport } from "./sqlite-store/batch.ts";
import { SqliteStore } from "./sqlite-store/sqlite-store.ts";
import { readWebFiles, type WebFiles } from "./web-files.ts";

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
  /** Speaks TLS 1.3 itself, with this certificate; plain text if absent. */
  readonly certificate?: Certificate;
  /** Addresses and CIDR ranges of the proxies in front: what they say about where a connection comes from counts. */
  readonly proxies?: readonly string[];
  /** Resident memory above which the gate lets nobody new in. */
  readonly memoryBytesMax?: number;
  /** A table (MMDB) of autonomous system numbers; without it networks are unknown. */
  readonly networkTable?: string;
  /** Lets the kernel drop what the gate denies (nftables). Where it cannot, the server goes on without it. */
  readonly nftables?: boolean;
  /** Says where addresses are registered, instead of the tables in the data directory: for tests. */
  readonly sourceTable?: SourceTable;
  /** Silent if absent. */
  readonly log?: Logger;
  /** Keeps everything in memory and forgets it at the end: for tests. */
  readonly memory?: boolean;
  /** Largest size of the database in bytes. */
  readonly storageBytesMax?: number;
  readonly limits?: Partial<ServerLimits>;
  readonly gateLimits?: Partial<GateServerLimits>;
}

export interface RunningServer {
  readonly url: string;
  readonly adminUrl: string;
  readonly port: number;
  /** Who gets in, in numbers. */
  readonly gate: Gate;
  /** While the server has no account: the secret of an invitation for its admin, good for a day. */
  readonly firstInvite?: InviteSecret;
  /** Lets waiting requests be answered, closes connections and store. May be called again. */
  stop(): Promise<void>;
}

/**
 * Rejects when a port is taken, an allowed origin is no address, a range of proxies is none, the certificate is not
 * usable, the data directory cannot be used, or the web app cannot be read.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const log = options.log ?? pino({ enabled: false });
  const health = new Health(log, systemClock);
  const webFiles: WebFiles = options.webRoot === undefined ? new Map() : await readWebFiles(options.webRoot);
  let onCommit: (report: CommitReport) => void = () => undefined;
  const store = await openStore(options, health, (report) => onCommit(report));
  const report = (error: unknown) => log.error({ reason: textOf(error) }, "a request met an error of the server's own");
  // The gate needs to know tokens, and the office that issues them the gate's mode.
  let gate: Pick<Gate, "mode" | "pressure"> = { mode: "guarded", pressure: "guarded" };
  const limits = options.limits === undefined ? {} : { limits: options.limits };
  try {
    const clock = systemClock;
    const office = await openTokenOffice({ store, clock, isQuiet: () => gate.mode === "normal", report, ...limits });
    const { issuer } = office;
    const ports = { store, bus: new LocalBus(), clock, entropy: systemEntropy, crypto: systemCrypto, issuer };
    const { bulkSliceMs } = { ...serverLimits, ...options.limits };
    const later = (sliceIsOver: () => void) => void setTimeout(sliceIsOver, bulkSliceMs).unref();
    const service = new Service(ports, { report, pressure: () => gate.pressure, later, ...limits });
    const front = await makeFront(options, { log, health, webFiles, service, office, report });
    gate = front.gate;
    const kernel = options.nftables === true ? new Kernel({ proxies: options.proxies ?? [], log }) : undefined;
    const observed = kernel === undefined ? front.observed : { ...front.observed, kernel: () => kernel.view };
    const observer = new GateObserver(observed);
    const metrics = new Metrics(service.counters, () => gateMetrics(observer));
    onCommit = (commit) => metrics.recordCommit(commit);
    return await open({ options, log, health, store, service, office, front, kernel, observer, metrics });
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Parts {
  readonly options: ServerOptions;
  readonly log: Logger;
  readonly health: Health;
  readonly store: Store;
  readonly service: Service;
  readonly office: TokenOffice;
  readonly front: Front;
  readonly kernel: Kernel | undefined;
  readonly observer: GateObserver;
  readonly metrics: Metrics;
}

function makeFront(
  options: ServerOptions,
  parts: Pick<Parts, "log" | "health" | "service" | "office"> & {
    readonly webFiles: WebFiles;
    readonly report: (error: unknown) => void;
  },
): Promise<Front> {
  const { listen, dataDir, memory = false, allowedOrigins = [], proxies = [], memoryBytesMax } = options;
  const { certificate, networkTable, sourceTable, limits, gateLimits } = options;
  const { log, health, webFiles, service, office, report } = parts;
  return Front.make(
    {
      listen,
      ...(memory ? {} : { dataDir }),
      allowedOrigins,
      ...(certificate === undefined ? {} : { certificate }),
      proxies,
      memoryBytesMax: memoryBytesMax ?? memoryBytesMaxDefault,
      ...(networkTable === undefined ? {} : { networkTable }),
      ...(sourceTable === undefined ? {} : { sourceTable }),
      ...(limits === undefined ? {} : { limits }),
      ...(gateLimits === undefined ? {} : { gateLimits }),
    },
    {
      log,
      service,
      website: { webFiles, isHealthy: () => health.isGood },
      tokens: office.verifier,
      spent: office.spent,
      report,
    },
  );
}

async function open(parts: Parts): Promise<RunningServer> {
  const { options, log, health, store, service, office, front, kernel, observer, metrics } = parts;
  const firstInvite = await service.createFirstInvite();
  const adminListen = options.adminListen ?? { host: "127.0.0.1", port: 0 };
  const admin = await createAdminServer({
    host: adminListen.host,
    metrics: () => metrics.text(),
    isHealthy: () => health.isGood,
    observer,
  });
  const port = await front.listen();
  const adminPort = await listen(admin, adminListen).catch(async (error: unknown) => {
    await front.close();
    throw error;
  });
  await kernel?.start(port);
  const tick = () => {
    front.tick();
    kernel?.tick(front.gate.denials());
    observer.tick();
    void office.tick();
    void service.tick();
  };
  const ticker = setInterval(tick, tickMs);
  void office.tick();
  log.info({ port, adminPort }, "the server is ready");

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(ticker);
    const closed = Promise.all([front.close(), close(admin)]);
    await service.stop();
    await closed;
    await kernel?.stop();
    await office.close();
    await store.close();
    log.info("the server has stopped");
  };
  const scheme = options.certificate === undefined ? "http" : "https";
  return {
    url: urlOf(scheme, { ...options.listen, port }),
    adminUrl: urlOf("http", { ...adminListen, port: adminPort }),
    port,
    gate: front.gate,
    ...(firstInvite === undefined ? {} : { firstInvite }),
    stop: () => (stopped ??= stop()),
  };
}

/** Half of what a small machine of 4 GB has: the rest is the page cache's, which the store lives on. */
const memoryBytesMaxDefault = 2_147_483_648;
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

function urlOf(scheme: "http" | "https", { host, port }: Listen): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
