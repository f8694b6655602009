/** The engine's worker: if this tab leads, the database and the client run here. */
import { createClient } from "@rempart/client";
import {
  browserClock,
  browserNetwork,
  type HostScope,
  hostEngine,
  openBrowserStore,
  webTokenBlinder,
  workerSolver,
} from "@rempart/client/platform/browser";
import { webProvider } from "@rempart/session/provider/web";

/** Folder of the origin-private file system. */
const directory = "/rempart";

hostEngine(self as unknown as HostScope, async () => {
  const [store, crypto] = await Promise.all([openBrowserStore({ directory }), webProvider()]);
  return createClient({
    store,
    network: browserNetwork,
    clock: browserClock,
    crypto,
    solver: workerSolver,
    blinder: webTokenBlinder(),
    agent: `rempart-web ${__BUILD__}`,
    defect: (error) => console.error(error),
  });
});
