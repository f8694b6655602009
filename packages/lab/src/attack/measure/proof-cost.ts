import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "../../process/child.ts";
import { pinnedCommand } from "../../process/cpus.ts";

const childFile = fileURLToPath(new URL("./proof-cost-child.ts", import.meta.url));

/** Microseconds of CPU by kind of invalid proof, on the server's core. Throws `ERR_CHILD`. */
export async function measureProofCost(directory: string): Promise<Readonly<Record<string, number>>> {
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", childFile, join(directory, "proof-cost")];
  const child = await Child.start(pinnedCommand("split", node));
  try {
    return await child.ready((line) =>
      line.startsWith("{") ? (JSON.parse(line) as Record<string, number>) : undefined,
    );
  } finally {
    await child.stop();
  }
}
