/** The tables of a running server: read beside its work, and read again when an update has put others in force. */

import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { asFileError, GeoError } from "./geo-error.ts";
import { MmdbTable } from "./mmdb-table.ts";
import { emptyTable, type SourcePlace, type SourceTable, unknownPlace } from "./source-table.ts";
import { sha256, type TableDescription, TableFolder } from "./table-folder.ts";
import { tableSource } from "./table-source.ts";

export interface SourceTablesOptions {
  /** The server's `DATA/geo`. */
  readonly folder: string;
  /** A table with `autonomous_system_number`; without it networks are unknown. */
  readonly networkTable?: string;
  /** Says what could not be read. Never given an address. */
  report(problem: GeoError): void;
}

/** Which tables answer. */
export interface TablesInForce {
  readonly country?: Pick<TableDescription, "source" | "version" | "licence" | "sha256">;
}

/** Knows nothing until {@link SourceTables.refresh} has read the tables; a table that fails leaves the one before. */
export class SourceTables implements SourceTable {
  readonly #folder: TableFolder;
  readonly #options: SourceTablesOptions;
  #countries: SourceTable = emptyTable;
  #networks: SourceTable = emptyTable;
  #inForce: TablesInForce = {};
  #networkMtimeMs: number | undefined;
  #refreshing: Promise<void> | undefined;
  #lastProblem = "";

  constructor(options: SourceTablesOptions) {
    this.#folder = new TableFolder(options.folder);
    this.#options = options;
  }

  lookup(address: string): SourcePlace {
    const { country } = this.#countries.lookup(address);
    const { network } = this.#networks.lookup(address);
    return country === "" && network === 0 ? unknownPlace : { country, network };
  }

  get inForce(): TablesInForce {
    return this.#inForce;
  }

  /** Looks whether there are other tables than those in force, and reads them. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const problems = await Promise.all([
      attempt(() => this.#refreshCountries()),
      attempt(() => this.#refreshNetworks()),
    ]);
    const found = problems.filter((each) => each !== undefined);
    // The same problem every minute would only fill the log.
    const text = found.map(({ message }) => message).join();
    if (text !== this.#lastProblem) for (const problem of found) this.#options.report(problem);
    this.#lastProblem = text;
  }

  async #refreshCountries(): Promise<void> {
    const stored = await this.#folder.describe();
    const current = this.#inForce.country;
    if (stored === undefined ? current !== undefined : stored.sha256 === current?.sha256) return;
    const read = stored === undefined ? await readInstalled() : await this.#folder.read();
    if (read === undefined) return;
    this.#countries = read.table;
    this.#inForce = { country: read.description };
  }

  async #refreshNetworks(): Promise<void> {
    const { networkTable } = this.#options;
    if (networkTable === undefined) return;
    try {
      const { mtimeMs } = await stat(networkTable);
      if (mtimeMs === this.#networkMtimeMs) return;
      this.#networks = new MmdbTable(await readFile(networkTable));
      this.#networkMtimeMs = mtimeMs;
    } catch (error) {
      throw asFileError(error, "the table of networks cannot be read");
    }
  }
}

/** The table that came with the program, until the operator updates it. */
async function readInstalled() {
  const require = createRequire(import.meta.url);
  const { package: source, file, licence } = tableSource;
  const bytes = await readFile(require.resolve(`${source}/${file}`));
  const { version } = require(`${source}/package.json`) as { readonly version: string };
  return { table: new MmdbTable(bytes), description: { source, version, licence, sha256: sha256(bytes) } };
}

async function attempt(work: () => Promise<void>): Promise<GeoError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof GeoError) return error;
    return new GeoError("ERR_GEO_FILE", "a table could not be read", { cause: error });
  }
}
