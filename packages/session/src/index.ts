export * from "./blob.ts";
export * from "./content/index.ts";
export * from "./errors.ts";
export * from "./identity/index.ts";
export * from "./mls/index.ts";
export * from "./provider/provider.ts";
export * from "./types.ts";
