/** The coded failure of this package. `message` is for people and carries nothing secret or linkable. */
import type { SessionErrorCode } from "./types.ts";

export class SessionError extends Error {
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SessionError";
    this.code = code;
  }
}
