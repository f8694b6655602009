import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromHex } from "@rempart/protocol";
import { Child } from "../../process/child.ts";
import { pinnedCommand, serverCores } from "../../process/cpus.ts";
import { launcherArguments } from "../../process/launcher-arguments.ts";
import type { Certificate } from "./certificate.ts";
import { deathOf } from "./death.ts";
import { gateSampleOf } from "./gate-metrics.ts";
import { LabIssuer } from "./issuer.ts";
import type { Subject } from "./subject.ts";

const childFile = fileURLToPath(new URL("./rempart-child.ts", import.meta.url));

/** What the server is started with on its one core, and a way to ask for a collection of garbage. */
const nodeArguments = [...launcherArguments(serverCores("split")), "--expose-gc"];

export interface RempartSubject extends Subject {
  readonly issuer: LabIssuer;
  /** Of its first account. */
  readonly inviteSecret: Uint8Array;
}

interface Ready {
  readonly port: number;
  readonly adminUrl: string;
  readonly invite: string;
}

/** Starts the server on fresh data in `directory`, on the server's core. Throws `ERR_CHILD`. */
export async function startRempart(
  directory: string,
  { certificate }: { readonly certificate: Certificate | undefined },
): Promise<RempartSubject> {
  const dataDir = join(directory, "data");
  const issuer = await LabIssuer.install(dataDir);
  const files = certificate === undefined ? {} : { certificate: { cert: certificate.cert, key: certificate.key } };
  const node = [process.execPath, ...nodeArguments, childFile, JSON.stringify({ dataDir, ...files })];
  const child = await Child.start(pinnedCommand("split", node));
  const { port, adminUrl, invite } = await child.ready(readyLine);
  return {
    name: "rempart",
    setup: "default",
    note: "acknowledges when durable (fsync); every entry is kept",
    target: { host: "127.0.0.1", port, isTls: certificate !== undefined },
    dialect: "rempart",
    pids: [child.pid],
    issuer,
    inviteSecret: fromHex(invite),
    sample: async () => gateSampleOf(await (await fetch(`${adminUrl}/metrics`)).text()),
    collectGarbage: () => child.signal("SIGUSR2"),
    death: () => deathOf(child),
    stop: () => child.stop(),
  };
}

function readyLine(line: string): Ready | undefined {
  if (!line.startsWith("{")) return undefined;
  const value = JSON.parse(line) as { event?: string } & Ready;
  return value.event === "ready" ? value : undefined;
}
