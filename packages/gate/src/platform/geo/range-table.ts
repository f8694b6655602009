/** A small table out of text, for laboratories and tests: countries and networks may be invented. */
import { BlockList, isIP } from "node:net";
import { GeoError } from "./geo-error.ts";
import { type SourcePlace, type SourceTable, unknownPlace } from "./source-table.ts";

/** Every range is looked at for every address. */
export const rangesMax = 4_096;

interface Range {
  readonly block: BlockList;
  readonly family: "ipv4" | "ipv6";
  readonly place: SourcePlace;
}

/**
 * One range a line, `127.1.0.0/16,XA,64512`: prefix, country (may be empty), network (may be missing). The first
 * range that holds an address decides. Empty lines and those that begin with `#` say nothing.
 */
export class RangeTable implements SourceTable {
  readonly #ranges: readonly Range[];

  /** Throws `ERR_GEO_TABLE`, naming the line. */
  constructor(text: string) {
    const lines = text.split("\n").map((line) => line.trim());
    const numbered = lines.map((line, index) => ({ line, number: index + 1 }));
    const used = numbered.filter(({ line }) => line !== "" && !line.startsWith("#"));
    if (used.length > rangesMax) throw new GeoError("ERR_GEO_TABLE", `a table of text has at most ${rangesMax} ranges`);
    this.#ranges = used.map(({ line, number }) => parseRange(line, number));
  }

  lookup(address: string): SourcePlace {
    const version = isIP(address);
    if (version === 0) return unknownPlace;
    const family = version === 4 ? "ipv4" : "ipv6";
    const range = this.#ranges.find((each) => each.family === family && each.block.check(address, family));
    return range?.place ?? unknownPlace;
  }
}

function parseRange(line: string, number: number): Range {
  const [, prefix = "", bits = "", country = "", network = "0"] =
    /^([0-9a-fA-F.:]+)\/(\d{1,3}),([A-Z]{2})?(?:,(\d{1,10}))?$/.exec(line) ?? [];
  const version = isIP(prefix);
  const isRight = version !== 0 && Number(bits) <= (version === 4 ? 32 : 128) && Number(network) <= 0xffff_ffff;
  if (!isRight) {
    throw new GeoError(
      "ERR_GEO_TABLE",
      `line ${number} is not PREFIX/BITS,COUNTRY,NETWORK such as 127.1.0.0/16,XA,64512`,
    );
  }
  const family = version === 4 ? "ipv4" : "ipv6";
  const block = new BlockList();
  block.addSubnet(prefix, Number(bits), family);
  return { block, family, place: { country, network: Number(network) } };
}
