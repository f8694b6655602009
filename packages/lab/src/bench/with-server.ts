import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Layout } from "../process/cpus.ts";
import { type ServerProcess, startServerProcess } from "../process/server-process.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../process/temporary-directory.ts";

/** A server on fresh data, and the end of both. */
export interface FreshServer extends ServerProcess {
  readonly directory: string;
  stop(): Promise<void>;
}

/** Starts the server on an empty data directory of its own. */
export async function startFreshServer(
  layout: Layout,
  nodeArguments: (directory: string) => readonly string[] = () => [],
): Promise<FreshServer> {
  const directory = await makeTemporaryDirectory();
  const dataDir = join(directory, "data");
  await mkdir(dataDir);
  try {
    const server = await startServerProcess({ dataDir, layout, nodeArguments: nodeArguments(directory) });
    const stop = async () => {
      await server.child.stop();
      await removeTemporaryDirectory(directory);
    };
    return { ...server, directory, stop };
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}
