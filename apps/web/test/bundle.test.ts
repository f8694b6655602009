/** What is loaded before the shell paints, and what the pages may carry inline: nothing. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildApp } from "./build.ts";

const firstLoadBytesMax = 250_000;

let webRoot: string;
let html: string;

before(async () => {
  webRoot = await buildApp();
  html = await readFile(join(webRoot, "index.html"), "utf8");
});

/** The scripts of the page and everything that they import statically. */
async function firstLoad(): Promise<ReadonlyMap<string, Buffer>> {
  const loaded = new Map<string, Buffer>();
  const queue = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1] ?? "");
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (loaded.has(path)) continue;
    const content = await readFile(join(webRoot, path));
    loaded.set(path, content);
    const imports = content.toString().matchAll(/(?:^|[;\n}])import\s*(?:[^"'`()]*?from\s*)?["']\.\/([^"']+)["']/g);
    for (const match of imports) queue.push(`assets/${match[1]}`);
  }
  return loaded;
}

test(`at most ${firstLoadBytesMax} bytes of gzipped JavaScript are loaded before the shell paints`, async () => {
  const files = await firstLoad();
  const sizes = [...files].map(([path, content]) => [path, gzipSync(content).length] as const);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(sizes.length > 0, "the page loads scripts");
  assert.ok(total <= firstLoadBytesMax, `${total} bytes: ${JSON.stringify(sizes)}`);
  assert.ok(![...files.keys()].some((path) => /worker|sqlite/.test(path)), "the engine is loaded later");
});

test("the page has no inline script and no inline style", () => {
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/);
  assert.doesNotMatch(html, /<style|\sstyle=/);
});

test("the service worker keeps the page, the engine and the database program", async () => {
  const source = await readFile(join(webRoot, "service-worker.js"), "utf8");
  const kept = JSON.parse(/new Set\((\[.*?\])\)/.exec(source)?.[1] ?? "[]") as string[];
  assert.ok(kept.includes("/"));
  for (const part of [
    /assets\/worker-.*\.js$/,
    /sqlite3-.*\.wasm$/,
    /assets\/index-.*\.js$/,
    /assets\/index-.*\.css$/,
  ]) {
    assert.ok(
      kept.some((path) => part.test(path)),
      `keeps ${part}`,
    );
  }
  for (const path of kept) if (path !== "/") await readFile(join(webRoot, path));
});
