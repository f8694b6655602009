/** What the client needs of the world, in a browser. */
export { browserClock } from "./clock.ts";
export { EngineLink, type EngineLinkOptions, type EngineStatus } from "./engine-link.ts";
export { type HostScope, hostEngine, type OpenEngine } from "./host.ts";
export { browserNetwork } from "./network.ts";
export { type BrowserStoreOptions, openBrowserStore } from "./sqlite-store.ts";
export { askForPersistence, findSupportFailure, type SupportFailure } from "./support.ts";
