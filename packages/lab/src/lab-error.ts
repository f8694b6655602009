/** What can go wrong in the lab itself; figures and violations are results, not errors. */
export type LabErrorCode =
  | "ERR_USAGE"
  | "ERR_VECTOR_FILE"
  | "ERR_CHILD"
  | "ERR_CONNECTION"
  | "ERR_TIMEOUT"
  | "ERR_PACKAGE_MISSING"
  | "ERR_BENCH"
  | "ERR_NOT_QUIET";

/** A coded failure with a message for people. */
export class LabError extends Error {
  readonly code: LabErrorCode;

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LabError";
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
