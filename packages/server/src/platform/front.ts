/** The way in: the gate, its listener, the website and the door behind it, put together for one server. */
import { join } from "node:path";
import {
  type Certificate,
  emptyTable,
  Gate,
  GateListener,
  type GateListenerOptions,
  type GateServerLimits,
  newSecrets,
  nodeClock,
  nodeCrypto,
  nodeEntropy,
  openSecrets,
  type SourceTable,
  SourceTables,
  type SpentSet,
  saveTicketKeys,
  sourceOf,
  type TokenVerifier,
} from "@rempart/gate";
import { hostOf } from "@rempart/protocol";
import type { Logger } from "pino";
import type { Service } from "../core/service.ts";
import type { ServerLimits } from "../limits.ts";
import type { GateObserverOptions } from "./admin/gate-observer.ts";
import { createHttpServer, type HttpOptions } from "./http.ts";
import { WebSocketDoor } from "./websocket.ts";

export interface FrontOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Where secrets and tables are kept; without it secrets are forgotten at the end, and no table is read. */
  readonly dataDir?: string;
  readonly allowedOrigins: readonly string[];
  readonly certificate?: Certificate;
  readonly proxies: readonly string[];
  readonly memoryBytesMax: number;
  /** A table of autonomous system numbers. */
  readonly networkTable?: string;
  /** Knows where addresses are registered, instead of the tables of the data directory. */
  readonly sourceTable?: SourceTable;
  readonly limits?: Partial<ServerLimits>;
  readonly gateLimits?: Partial<GateServerLimits>;
}

export interface FrontParts {
  readonly log: Logger;
  readonly service: Service;
  readonly website: HttpOptions;
  readonly tokens: TokenVerifier;
  readonly spent: SpentSet;
  /** Told of errors of our own. */
  report(error: unknown): void;
}

/** Ticks between two looks for newer tables of sources. */
const refreshTicks = 60;

/** Everything between the network and the service. */
export class Front {
  readonly gate: Gate;
  readonly #table: SourceTable;
  readonly #listener: GateListener;
  readonly #door: WebSocketDoor;
  #ticks = 0;

  private constructor(options: FrontOptions, parts: FrontParts & { gate: Gate; table: SourceTable; tls: Tls }) {
    const { dataDir, allowedOrigins, limits } = options;
    const { log, service, gate, table, tls } = parts;
    this.gate = gate;
    this.#table = table;
    const door = new WebSocketDoor(service, { allowedOrigins, ...(limits === undefined ? {} : { limits }) });
    this.#door = door;
    this.#listener = new GateListener({
      gate,
      http: createHttpServer(parts.website),
      listen: options.listen,
      ...(tls === undefined ? {} : { tls }),
      proxies: options.proxies,
      memoryBytesMax: options.memoryBytesMax,
      clock: nodeClock,
      isAllowedOrigin: (origin, host) => door.isAllowedOrigin(origin, host),
      hostsAt: (arrival) => door.hostsAt(arrival),
      sourceOf: (address) => this.#sourceOf(address),
      admitted: (admission) => door.admit(admission),
      keysChanged(keys) {
        if (dataDir === undefined) return;
        saveTicketKeys(dataDir, keys).catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : "unknown";
          log.error({ reason }, "the new TLS ticket keys cannot be kept: after a restart TLS knows nobody");
        });
      },
      warn: (message, details) => log.warn(details, message),
    });
  }

  /** Rejects when the secrets cannot be read or kept, and for a bad certificate or range of proxies. */
  static async make(options: FrontOptions, parts: FrontParts): Promise<Front> {
    const { dataDir, allowedOrigins, certificate, gateLimits } = options;
    const { secret, ticketKeys } = dataDir === undefined ? newSecrets() : await openSecrets(dataDir);
    const table = tableOf(options, parts.log);
    const hosts = allowedOrigins.map(hostOf);
    const { tokens, spent, report } = parts;
    const places = { country: (address: string) => table.lookup(address).country };
    const gate = new Gate(
      { clock: nodeClock, entropy: nodeEntropy, crypto: nodeCrypto, tokens, spent, places, report },
      { secret, hosts: () => hosts, ...(gateLimits === undefined ? {} : { limits: gateLimits }) },
    );
    const tls = certificate === undefined ? undefined : { certificate, keys: ticketKeys };
    return new Front(options, { ...parts, gate, table, tls });
  }

  /** What operators are shown of it. */
  get observed(): GateObserverOptions {
    const table = this.#table;
    return {
      gate: this.gate,
      table,
      sourceOf: (address) => this.#sourceOf(address),
      now: () => nodeClock.now(),
      ...(table instanceof SourceTables ? { tableInForce: () => inForce(table) } : {}),
    };
  }

  /** The port listened on. Rejects when it cannot be had. */
  listen(): Promise<number> {
    return this.#listener.listen();
  }

  /** For the shell to call once a second. */
  tick(): void {
    this.#listener.tick();
    this.#door.tick();
    if (this.#ticks % refreshTicks === 0 && this.#table instanceof SourceTables) void this.#table.refresh();
    this.#ticks += 1;
  }

  /** Takes nobody any more; resolves when every connection has closed. Those inside are the service's to end. */
  close(): Promise<void> {
    this.gate.stop();
    return this.#listener.close();
  }

  #sourceOf(address: string) {
    return sourceOf(address, (plain) => this.#table.lookup(plain).network);
  }
}

type Tls = GateListenerOptions["tls"] | undefined;

function tableOf({ dataDir, networkTable, sourceTable }: FrontOptions, log: Logger): SourceTable {
  if (sourceTable !== undefined) return sourceTable;
  if (dataDir === undefined) return emptyTable;
  return new SourceTables({
    folder: join(dataDir, "geo"),
    ...(networkTable === undefined ? {} : { networkTable }),
    report: ({ message }) => log.warn({ reason: message }, "a table of sources cannot be read"),
  });
}

function inForce(tables: SourceTables) {
  return tables.inForce.country;
}
