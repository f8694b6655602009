/** The net in which failures on foreign bytes are caught. */
import { ProtocolError } from "@rempart/protocol";
import { MlsError } from "ts-mls/mlsError.js";
import { SessionError } from "../errors.ts";
import type { SessionErrorCode } from "../types.ts";

/** Throws a {@link SessionError} unless `condition` holds. */
export function ensure(condition: boolean, code: SessionErrorCode, message: string): asserts condition {
  if (!condition) throw new SessionError(code, message);
}

/**
 * Runs `action` on bytes that somebody else made: whatever goes wrong inside comes out as a
 * {@link SessionError}, with `code` unless the failure already has one.
 */
export async function guarded<T>(code: SessionErrorCode, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asSessionError(error, code);
  }
}

function asSessionError(error: unknown, code: SessionErrorCode): SessionError {
  if (error instanceof SessionError) return error;
  const options = { cause: error };
  if (error instanceof ProtocolError) return new SessionError("ERR_MLS_MALFORMED", error.message, options);
  // The library's own messages are fixed texts; those of anything else might quote what they choked on.
  if (error instanceof MlsError) return new SessionError(code, `${error.name}: ${error.message}`, options);
  return new SessionError(code, "the message could not be processed", options);
}
