export type GeoErrorCode =
  /** Not a table of the form that is needed, or one that knows nothing. */
  | "ERR_GEO_TABLE"
  /** npm is missing, or could not fetch the package. */
  | "ERR_GEO_FETCH"
  /** What was fetched, or what lies in the folder, is not what its description says. */
  | "ERR_GEO_INTEGRITY"
  /** A file cannot be read or written. */
  | "ERR_GEO_FILE";

export class GeoError extends Error {
  readonly code: GeoErrorCode;

  constructor(code: GeoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GeoError";
    this.code = code;
  }
}

/** Turns failures of the file system into ours. Anything else passes. */
export function asFileError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  const reason = "code" in error ? String(error.code) : "unknown";
  return new GeoError("ERR_GEO_FILE", `${what} (${reason})`, { cause: error });
}
