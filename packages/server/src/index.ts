export { GeoError, type TableDescription, TableFolder, updateTable } from "@rempart/gate";
export type { Inbound } from "./core/connection.ts";
export { Counters } from "./core/counters.ts";
export { type ConnectOptions, Service, type ServiceOptions, type ServicePorts } from "./core/service.ts";
export { type ServerLimits, serverLimits, storeLimits } from "./limits.ts";
export { openTokenOffice, type TokenOffice, type TokenOfficeOptions } from "./platform/issuer.ts";
export { NodeTokenRsa } from "./platform/issuer-rsa.ts";
export { LocalBus } from "./platform/local-bus.ts";
export { createLog } from "./platform/log.ts";
export { MemoryDisk } from "./platform/memory-disk.ts";
export { MemoryStore, type MemoryStoreOptions, type StoreFault } from "./platform/memory-store.ts";
export { systemClock, systemCrypto, systemEntropy } from "./platform/node-ports.ts";
export { type Listen, type RunningServer, type ServerOptions, startServer } from "./platform/server.ts";
export { SqliteStore, type SqliteStoreOptions } from "./platform/sqlite-store/sqlite-store.ts";
export type {
  Announcement,
  Bus,
  Clock,
  CloseCode,
  Crypto,
  Entropy,
  Outbound,
  Store,
  TokenAsk,
  TokenIssuer,
} from "./ports.ts";
export type { AnswerOf, AskOf, StoreOperationName } from "./store-operations.ts";
