export { webTokenBlinder } from "../token-blinder.ts";
export { nodeClock } from "./clock.ts";
export { type Home, type HomeOptions, type HomeWatcher, openHome } from "./home.ts";
export type { LocalClient, OpenClient } from "./home-link.ts";
export { threadSolver } from "./solver.ts";
export { openSqliteStore } from "./sqlite-store.ts";
export { wsNetwork } from "./ws-network.ts";
