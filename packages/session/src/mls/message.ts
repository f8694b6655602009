/** `MLSMessage` (RFC 9420 §6) from and to bytes. */
import { decodeMlsMessage, encodeMlsMessage, type MLSMessage } from "ts-mls";
import { SessionError } from "../errors.ts";
import { ensure } from "./guard.ts";
import { mlsLimits } from "./limits.ts";

export const encodeMessage: (message: MLSMessage) => Uint8Array = encodeMlsMessage;

/** Exactly one message. Throws `ERR_MLS_MALFORMED` or `ERR_MLS_TOO_LARGE`. */
export function decodeMessage(bytes: Uint8Array): MLSMessage {
  ensure(bytes.length <= mlsLimits.messageBytesMax, "ERR_MLS_TOO_LARGE", "the MLS message is too large");
  const decoded = tryDecode(bytes);
  ensure(decoded !== undefined && decoded[1] === bytes.length, "ERR_MLS_MALFORMED", "this is no MLS message");
  return decoded[0];
}

function tryDecode(bytes: Uint8Array): ReturnType<typeof decodeMlsMessage> {
  try {
    return decodeMlsMessage(bytes, 0);
  } catch (error) {
    throw new SessionError("ERR_MLS_MALFORMED", "this is no MLS message", { cause: error });
  }
}
