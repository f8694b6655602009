/** The files of the admin page: ours, small, and read once. */
import { readFile } from "node:fs/promises";

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const names = { "/gate": "gate.html", "/gate.css": "gate.css", "/gate.js": "gate.js" } as const;
const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** By path. */
export async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  const files = Object.entries(names).map(async ([path, name]): Promise<[string, PageFile]> => {
    const body = await readFile(new URL(`page/${name}`, import.meta.url));
    return [path, { type: types[name.split(".")[1] ?? ""] ?? "application/octet-stream", body }];
  });
  return new Map(await Promise.all(files));
}
