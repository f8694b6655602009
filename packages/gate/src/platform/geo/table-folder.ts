/**
 * The folder that holds the table of countries in force: the table under a name of its own, and a description that
 * points to it. The description is replaced last and at once, so that a reader finds the old table or the new one.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { asFileError, GeoError } from "./geo-error.ts";
import { MmdbTable } from "./mmdb-table.ts";

export interface TableDescription {
  /** The table's file beside the description. */
  readonly file: string;
  /** Where it is from: a package's name, or `file` for one that the operator brought. */
  readonly source: string;
  readonly version: string;
  readonly licence: string;
  /** Of the table's bytes, hexadecimal. */
  readonly sha256: string;
  /** Milliseconds since the Unix epoch. */
  readonly installedAt: number;
}

export type NewTable = Pick<TableDescription, "source" | "version" | "licence"> & { readonly bytes: Buffer };

export interface StoredTable {
  readonly description: TableDescription;
  readonly table: MmdbTable;
}

const descriptionName = "country.json";

export class TableFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** `undefined` when nothing was installed yet. Throws `ERR_GEO_INTEGRITY`, `ERR_GEO_TABLE` or `ERR_GEO_FILE`. */
  async read(): Promise<StoredTable | undefined> {
    const description = await this.describe();
    if (description === undefined) return undefined;
    const bytes = await readFile(join(this.path, description.file)).catch((error: unknown) => {
      throw asFileError(error, "the table of countries cannot be read");
    });
    if (sha256(bytes) !== description.sha256) {
      throw new GeoError("ERR_GEO_INTEGRITY", "the table of countries is not the one that was installed");
    }
    return { description, table: new MmdbTable(bytes) };
  }

  /** What is installed, without reading the table. */
  async describe(): Promise<TableDescription | undefined> {
    const text = await readFile(join(this.path, descriptionName), "utf8").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw asFileError(error, "the description of the table of countries cannot be read");
    });
    return text === undefined ? undefined : parseDescription(text);
  }

  /** Checks the table, then puts it in force. Throws `ERR_GEO_TABLE` or `ERR_GEO_FILE`; the old one stays then. */
  async install({ bytes, ...origin }: NewTable, now: number): Promise<TableDescription> {
    ensureKnowsCountries(new MmdbTable(bytes));
    const hash = sha256(bytes);
    const description = { file: `country-${hash.slice(0, 16)}.mmdb`, ...origin, sha256: hash, installedAt: now };
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 });
      await replaceFile(join(this.path, description.file), bytes);
      await replaceFile(join(this.path, descriptionName), Buffer.from(`${JSON.stringify(description, null, 2)}\n`));
      await this.#removeOthers(description.file);
    } catch (error) {
      throw asFileError(error, "the table of countries cannot be written");
    }
    return description;
  }

  async #removeOthers(file: string): Promise<void> {
    const old = (await readdir(this.path)).filter((name) => /^country-[0-9a-f]{16}\.mmdb$/.test(name) && name !== file);
    await Promise.all(old.map((name) => rm(join(this.path, name), { force: true })));
  }
}

/** Addresses of large networks on five continents: a table of countries knows most of them. */
const wellKnown = ["8.8.8.8", "193.0.6.139", "1.1.1.1", "200.160.2.3", "196.216.2.6", "2001:4860:4860::8888"];

function ensureKnowsCountries(table: MmdbTable): void {
  const known = wellKnown.filter((address) => table.lookup(address).country !== "");
  if (known.length * 2 >= wellKnown.length) return;
  throw new GeoError("ERR_GEO_TABLE", "the table does not know the countries of well-known addresses");
}

function parseDescription(text: string): TableDescription {
  const value = parseJson(text);
  const field = (name: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  const [file, hash, installedAt] = [field("file"), field("sha256"), field("installedAt")];
  if (
    typeof file !== "string" ||
    basename(file) !== file ||
    typeof hash !== "string" ||
    typeof installedAt !== "number"
  ) {
    throw new GeoError("ERR_GEO_INTEGRITY", "the description of the table of countries is damaged");
  }
  const [source, version, licence] = ["source", "version", "licence"].map((name) => String(field(name) ?? "unknown"));
  return { file, source: source ?? "", version: version ?? "", licence: licence ?? "", sha256: hash, installedAt };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const fresh = `${path}.${randomBytes(6).toString("hex")}.new`;
  const file = await open(fresh, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
