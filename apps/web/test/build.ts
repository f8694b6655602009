/** Builds for browser tests: the app itself, and small pages of the tests' own. Each process has its own, and removes it. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const app = fileURLToPath(new URL("..", import.meta.url));

/** Builds the app as it is shipped, and answers where it is. */
export async function buildApp(): Promise<string> {
  const outDir = await makeFolder();
  await build({ configFile: join(app, "vite.config.ts"), logLevel: "error", build: { outDir } });
  return outDir;
}

/** Builds a page of the tests and answers where it is. */
export async function buildPage(folder: string): Promise<string> {
  const outDir = await makeFolder();
  await build({
    root: join(app, "test", folder),
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: { outDir, emptyOutDir: true, target: "es2023" },
  });
  return outDir;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rempart-build-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
