/** What everybody in one simulation of the gate shares. */
import type { Source } from "@rempart/gate";
import type { Random } from "../random.ts";
import type { Schedule } from "../schedule.ts";
import type { Mint } from "./mint.ts";
import type { GateServer } from "./server.ts";
import type { SpentDisk } from "./spent-disk.ts";
import type { Watch } from "./watch.ts";
import type { WorkOracle } from "./work-oracle.ts";

export interface Scene {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly server: GateServer;
  readonly disk: SpentDisk;
  readonly mint: Mint;
  readonly oracle: WorkOracle;
  readonly watch: Watch;
}

/** Where clients believe the server to be, and the host in it. */
export const origin = "https://server.example";
export const host = "server.example";

/** The `index`-th prefix of a make-believe network: 10/8 for attackers and their neighbours, 172/8 for everybody else. */
export function sourceIn(net: 10 | 172, { index, network }: { index: number; network: number }): Source {
  const prefix = `${net}.${(index >> 8) & 0xff}.${index & 0xff}`;
  return { address: `${prefix}.1`, prefix: `${prefix}.0/24`, network };
}
