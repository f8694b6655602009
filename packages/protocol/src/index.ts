export * from "./codec.ts";
export * from "./errors.ts";
export * from "./frames.ts";
export * from "./ids.ts";
export * from "./limits.ts";
export * from "./operations.ts";
export * from "./proofs.ts";
