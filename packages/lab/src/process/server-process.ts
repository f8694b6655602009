import { fileURLToPath } from "node:url";
import { asId, fromHex, type InviteSecret } from "@rempart/protocol";
import { LabError } from "../lab-error.ts";
import { type LabAccount, LabClient, newAccount } from "../wire/lab-client.ts";
import { Child } from "./child.ts";
import { type Layout, pinnedCommand, serverCores } from "./cpus.ts";
import { launcherArguments } from "./launcher-arguments.ts";

const childFile = fileURLToPath(new URL("./server-child.ts", import.meta.url));

export interface ServerOptions {
  readonly dataDir: string;
  readonly layout: Layout;
  /** Arguments for Node itself, such as `--cpu-prof`. */
  readonly nodeArguments?: readonly string[];
}

/** A running server child and the way to it. */
export interface ServerProcess {
  readonly child: Child;
  readonly address: { readonly host: string; readonly port: number };
  /** Present on the first start on a data directory. */
  readonly invite: InviteSecret | undefined;
}

/** Starts the real server in a process of its own; it is not yet ready. */
export function spawnServer(options: ServerOptions): Promise<Child> {
  const config = JSON.stringify({ dataDir: options.dataDir, port: 0 });
  const forCores = launcherArguments(serverCores(options.layout));
  const node = [process.execPath, ...forCores, ...(options.nodeArguments ?? [])];
  return Child.start(pinnedCommand(options.layout, [...node, childFile, config]));
}

/** Starts the real server and waits until it listens. Throws `ERR_CHILD`. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const child = await spawnServer(options);
  try {
    const { port, invite } = await child.ready(readyLine);
    const secret = invite === undefined ? undefined : asId("InviteSecret", fromHex(invite));
    return { child, address: { host: "127.0.0.1", port }, invite: secret };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

/** Registers an account with the first invitation; it may create logs from then on. */
export async function firstAccount(server: ServerProcess): Promise<LabAccount> {
  if (server.invite === undefined) throw new LabError("ERR_BENCH", "the server gave no first invitation");
  const account = newAccount();
  const client = await LabClient.open(server.address);
  await client.register(account, server.invite);
  client.close();
  return account;
}

function readyLine(line: string): { port: number; invite?: string } | undefined {
  if (!line.startsWith("{")) return undefined;
  const value = JSON.parse(line) as { event?: string; port: number; invite?: string };
  return value.event === "ready" ? value : undefined;
}
