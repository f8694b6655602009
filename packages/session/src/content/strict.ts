/** Runs the protocol package's codecs on behalf of this package: same bytes, this package's errors. */
import { type Codec, decode, encode, ProtocolError } from "@rempart/protocol";
import { SessionError } from "../errors.ts";
import type { SessionErrorCode } from "../types.ts";

/** Decodes exactly one value; throws a {@link SessionError} with `code` for everything else. */
export function decodeAs<T>(code: SessionErrorCode, codec: Codec<T>, bytes: Uint8Array): T {
  try {
    return decode(codec, bytes);
  } catch (error) {
    throw error instanceof ProtocolError ? asSessionError(code, error) : error;
  }
}

/** Encodes one value; a value that no decoder would accept throws a {@link SessionError} with `code`. */
export function encodeAs<T>(code: SessionErrorCode, codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  try {
    return encode(codec, value);
  } catch (error) {
    // Codecs answer a value of the wrong length or range with a RangeError.
    const isRefusal = error instanceof ProtocolError || error instanceof RangeError;
    throw isRefusal ? asSessionError(code, error) : error;
  }
}

function asSessionError(code: SessionErrorCode, cause: Error): SessionError {
  return new SessionError(code, cause.message, { cause });
}
