/** The client as the terminal runs it: on Node's crypto, clock and network. */
import { createClient } from "@rempart/client";
import { nodeClock, type OpenClient, threadSolver, webTokenBlinder, wsNetwork } from "@rempart/client/platform/node";
import { nodeProvider } from "@rempart/session/provider/node";

/** `defect` hears of failures of the program itself that no command reports. */
export function clientOpener(defect: (error: unknown) => void): OpenClient {
  return async (store) =>
    createClient({
      store,
      network: wsNetwork,
      clock: nodeClock,
      crypto: nodeProvider(),
      solver: threadSolver,
      blinder: webTokenBlinder(),
      agent: "rempart-cli",
      defect,
    });
}
