export * from "./api.ts";
export { type Client, createClient } from "./client.ts";
export type { ClientOptions } from "./engine/engine.ts";
export { asClientError, ClientError, type ClientErrorCode } from "./errors.ts";
export { clientLimits } from "./limits.ts";
export * from "./ports.ts";
export * from "./remote/index.ts";
