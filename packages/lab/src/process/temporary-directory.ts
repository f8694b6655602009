import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Directories still there, so that none is left behind however the lab ends. */
const present = new Set<string>();
process.on("exit", () => {
  for (const path of present) rmSync(path, { recursive: true, force: true });
});

/** A private directory of the lab's own. */
export async function makeTemporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "rempart-lab-"));
  present.add(path);
  return path;
}

/** Leaves a directory where it is, for somebody to look into. */
export function keepTemporaryDirectory(path: string): void {
  present.delete(path);
}

export async function removeTemporaryDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  present.delete(path);
}
