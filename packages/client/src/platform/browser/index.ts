/** What the client needs of the world, in a browser. */
export { webTokenBlinder } from "../token-blinder.ts";
export { browserClock } from "./clock.ts";
export { EngineLink, type EngineLinkOptions, type EngineStatus } from "./engine-link.ts";
export { type HostScope, hostEngine, type OpenEngine } from "./host.ts";
export { browserNetwork } from "./network.ts";
export { workerSolver } from "./solver.ts";
export { type BrowserStoreOptions, openBrowserStore } from "./sqlite-store.ts";
export { askForPersistence, findSupportFailure, type SupportFailure } from "./support.ts";
