/** The built web app, read into memory once: no request reaches the disk, so none can leave the directory. */

import { hash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";

export interface WebFile {
  readonly type: string;
  readonly etag: string;
  /** Its name holds a hash of its content: it never changes. */
  readonly isImmutable: boolean;
  readonly plain: Buffer;
  readonly br?: Buffer;
  readonly gzip?: Buffer;
}

/** By path, `/` first: `/assets/app-1a2b.js`. */
export type WebFiles = ReadonlyMap<string, WebFile>;

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** All files together, in bytes: a build directory, not somebody's home by mistake. */
const webBytesMax = 67_108_864;

/** Reads every file whose type is known. Rejects when the directory is missing or far too large. */
export async function readWebFiles(root: string): Promise<WebFiles> {
  const contents = new Map<string, Buffer>();
  let bytes = 0;
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const content = await readFile(file);
    bytes += content.length;
    if (bytes > webBytesMax) throw new Error(`the web app's directory has more than ${webBytesMax} bytes`);
    contents.set(`/${file.slice(join(root, "/").length)}`, content);
  }
  const files = new Map<string, WebFile>();
  for (const [path, plain] of contents) {
    const type = types[extname(path)];
    if (type !== undefined) files.set(path, webFileOf(path, { type, plain, contents }));
  }
  return files;
}

interface Content {
  readonly type: string;
  readonly plain: Buffer;
  readonly contents: ReadonlyMap<string, Buffer>;
}

function webFileOf(path: string, { type, plain, contents }: Content): WebFile {
  const br = contents.get(`${path}.br`);
  const gzip = contents.get(`${path}.gz`);
  return {
    type,
    etag: `"${hash("sha256", plain, "base64url").slice(0, 22)}"`,
    isImmutable: path.startsWith("/assets/"),
    plain,
    ...(br === undefined ? {} : { br }),
    ...(gzip === undefined ? {} : { gzip }),
  };
}
