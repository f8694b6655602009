export { GateCounters, Tally } from "./core/counters.ts";
export type { Explanation } from "./core/explain.ts";
export { type Denial, Gate, type GateOptions } from "./core/gate.ts";
export { HandshakeQueue } from "./core/handshake-queue.ts";
export * from "./core/types.ts";
export { Visit } from "./core/visit.ts";
export { type GateServerLimits, gateServerLimits } from "./limits.ts";
export * from "./platform/index.ts";
export * from "./ports.ts";
