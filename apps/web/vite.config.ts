/** Builds the web app into `dist`, with nothing inline: it runs under a policy that allows no inline script or style. */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { serviceWorkerSource } from "./service-worker-source.ts";

const { version } = JSON.parse(await readFile(new URL("./package.json", import.meta.url), "utf8")) as {
  version: string;
};
const root = fileURLToPath(new URL(".", import.meta.url));

/** Files of `public` that belong to the shell. */
const shellFiles = ["/", "/manifest.webmanifest", "/icon.svg", "/icon-192.png"];

/** The page is kept as `/`; SQLite's package brings two workers of its own that are never started. */
const notForShell = /\.html$|sqlite3-(worker1|opfs-async-proxy)/;

/** Writes the service worker once every file's name, and with it the build's version, is known. */
function serviceWorker(): Plugin {
  return {
    name: "rempart-service-worker",
    apply: "build",
    generateBundle(_options, bundle) {
      const assets = Object.keys(bundle).filter((name) => !notForShell.test(name));
      const page = bundle["index.html"];
      const hash = createHash("sha256").update(assets.toSorted().join("\n"));
      if (page?.type === "asset") hash.update(page.source);
      const files = [...shellFiles, ...assets.map((name) => `/${name}`)];
      const source = serviceWorkerSource({ version: hash.digest("hex").slice(0, 16), files });
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
    },
  };
}

/** Compressed once here rather than at every start of the server; it sends what the browser takes. */
function precompress(): Plugin {
  return {
    name: "rempart-precompress",
    apply: "build",
    async writeBundle({ dir = "dist" }, bundle) {
      const names = Object.keys(bundle).filter((name) => /\.(js|css|html|svg|wasm)$/.test(name));
      await Promise.all(names.map((name) => compressFile(join(dir, name))));
    },
  };
}

const brotliQuality = 9;

async function compressFile(file: string): Promise<void> {
  const content = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: brotliQuality };
  await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }));
  await writeFile(`${file}.gz`, await promisify(gzip)(content));
}

export default defineConfig({
  root,
  plugins: [react(), serviceWorker(), precompress()],
  worker: { format: "es" },
  define: { __BUILD__: JSON.stringify(version) },
  optimizeDeps: { exclude: ["@sqlite.org/sqlite-wasm"] },
  build: {
    target: "es2023",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
