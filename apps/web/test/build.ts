/** Builds for browser tests: the app itself, and small pages of the tests' own. Each process has its own, and removes it. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const app = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds the app as it is shipped, and answers where it is. With `engineWorker`, a module of the tests runs in the
 * place of the engine's worker.
 */
export async function buildApp({ engineWorker }: { readonly engineWorker?: string } = {}): Promise<string> {
  const outDir = await makeFolder();
  const plugins = () => (engineWorker === undefined ? [] : [standIn(engineWorker)]);
  await build({
    configFile: join(app, "vite.config.ts"),
    logLevel: "error",
    build: { outDir },
    worker: { format: "es", plugins },
  });
  return outDir;
}

function standIn(engineWorker: string): Plugin {
  return {
    name: "rempart-test-stand-in",
    enforce: "pre",
    load: (id) => (/src\/engine\/worker\.ts(\?|$)/.test(id) ? `import ${JSON.stringify(engineWorker)};` : null),
  };
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
