/** The client as the terminal runs it: on Node's crypto, clock and network. */
import { createClient } from "@rempart/client";
import { nodeClock, type OpenClient, wsNetwork } from "@rempart/client/platform/node";
import { nodeProvider } from "@rempart/session/provider/node";

/** `defect` hears of failures of the program itself that no command reports. */
export function clientOpener(defect: (error: unknown) => void): OpenClient {
  return async (store) =>
    createClient({
      store,
      network: wsNetwork,
      clock: nodeClock,
      crypto: nodeProvider(),
      agent: "rempart-cli",
      defect,
    });
}
