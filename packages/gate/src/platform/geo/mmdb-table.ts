/** A table in MaxMind's DB format 2.0, kept in memory as it is on the disk. A lookup takes about a microsecond. */
import { type CountryResponse, Reader } from "mmdb-lib";
import { GeoError } from "./geo-error.ts";
import { type SourcePlace, type SourceTable, unknownPlace } from "./source-table.ts";

/** Larger files are refused: they hold far more than countries and networks. */
export const tableBytesMax = 64 * 1_024 * 1_024;

export class MmdbTable implements SourceTable {
  readonly #reader: Reader<CountryResponse>;

  /** Throws `ERR_GEO_TABLE` when these bytes are no table. */
  constructor(bytes: Buffer) {
    if (bytes.length > tableBytesMax) throw new GeoError("ERR_GEO_TABLE", "the table is larger than 64 MiB");
    try {
      this.#reader = new Reader<CountryResponse>(bytes);
      this.#reader.get("192.0.2.1");
      this.#reader.get("2001:db8::1");
    } catch (error) {
      throw new GeoError("ERR_GEO_TABLE", "this file is not a table in MaxMind's DB format", { cause: error });
    }
  }

  lookup(address: string): SourcePlace {
    const record = this.#recordOf(address);
    const country = countryOf(record);
    const network = networkOf(record);
    return country === "" && network === 0 ? unknownPlace : { country, network };
  }

  /** When the table was made, milliseconds since the Unix epoch; `undefined` when it does not say. */
  get madeAt(): number | undefined {
    const madeAt = this.#reader.metadata.buildEpoch.getTime();
    return Number.isSafeInteger(madeAt) ? madeAt : undefined;
  }

  #recordOf(address: string): unknown {
    try {
      return this.#reader.get(address);
    } catch {
      // A table that is damaged in one place still answers for the others.
      return null;
    }
  }
}

/** `country_code` in the tables of ip-location-db, `country.iso_code` in those of MaxMind's shape. */
function countryOf(record: unknown): string {
  const code = fieldOf(record, "country_code") ?? fieldOf(fieldOf(record, "country"), "iso_code");
  return typeof code === "string" && /^[A-Z]{2}$/.test(code) ? code : "";
}

function networkOf(record: unknown): number {
  const number = fieldOf(record, "autonomous_system_number");
  return typeof number === "number" && number > 0 && number <= 0xffff_ffff ? number : 0;
}

function fieldOf(record: unknown, name: string): unknown {
  return typeof record === "object" && record !== null ? Reflect.get(record, name) : undefined;
}
