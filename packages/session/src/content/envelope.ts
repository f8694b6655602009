/** The plaintext of every MLS application message: a content, and how far its author had read the log. */
import { bytes, struct, u8, u53, type ValueOf } from "@rempart/protocol";
import { malformed } from "./cbor.ts";
import { contentLimits } from "./limits.ts";
import { hashCodec } from "./shapes.ts";
import { decodeAs, encodeAs } from "./strict.ts";

export const envelopeVersion = 1;

/** The last entry that the author had processed; seq 0 and 32 zero bytes when there was none. */
const logHeadCodec = struct({ seq: u53, chain: hashCodec });
export type LogHead = ValueOf<typeof logHeadCodec>;

const envelopeCodec = struct({
  version: u8,
  head: logHeadCodec,
  content: bytes(contentLimits.contentBytesMax),
});

export interface Envelope {
  readonly head: LogHead;
  /** An encoded MIMI content. */
  readonly content: Uint8Array;
}

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encodeAs("ERR_CONTENT", envelopeCodec, { version: envelopeVersion, ...envelope });
}

/** Throws `ERR_CONTENT` for malformed bytes and for versions that are not {@link envelopeVersion}. */
export function decodeEnvelope(plaintext: Uint8Array): Envelope {
  const { version, head, content } = decodeAs("ERR_CONTENT", envelopeCodec, plaintext);
  if (version !== envelopeVersion) throw malformed(`envelope version ${version} is unknown`);
  return { head, content };
}
