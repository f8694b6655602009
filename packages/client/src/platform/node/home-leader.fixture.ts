// A process that leads the home named by its argument, with a client that never answers two of its calls.
import { openHome } from "./home.ts";
import type { LocalClient } from "./home-link.ts";

const client: Partial<LocalClient> = {
  contactLink: async () => "link",
  whenSynced: () => new Promise(() => undefined),
  deleteChat: () => new Promise(() => undefined),
  connection: async () => ({ state: "offline" }),
  subscribe: () => () => undefined,
  close: () => undefined,
};

await openHome({ dir: process.argv[2] ?? "", openClient: async () => client as LocalClient });
process.send?.("ready");
