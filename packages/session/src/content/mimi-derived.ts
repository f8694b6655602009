/**
 * MessageDerivedValues (draft-ietf-mimi-content, "implied.cddl"): what a client knows of a message from
 * outside its content. Rempart never sends it; it is here for interchange with other MIMI programs.
 */
import { CborReader, encodeCbor, malformed } from "./cbor.ts";
import { contentLimits } from "./limits.ts";
import { asMessageId, type MessageId, messageIdBytes } from "./mimi.ts";

export interface DerivedValues {
  readonly messageId: MessageId;
  /** Milliseconds since the Unix epoch; the draft's extended times (tag 1001) are refused. */
  readonly hubAcceptedAt: number;
  readonly mlsGroupId: Uint8Array;
  readonly senderLeafIndex: number;
  readonly senderClientUri: string;
  readonly senderUserUri: string;
  readonly roomUri: string;
}

const fieldCount = 7;
const uint32Max = 0xffff_ffff;

export function encodeDerivedValues(values: DerivedValues): Uint8Array {
  const { messageId, hubAcceptedAt, mlsGroupId, senderLeafIndex } = values;
  const uris = [values.senderClientUri, values.senderUserUri, values.roomUri];
  return encodeCbor([messageId, hubAcceptedAt, mlsGroupId, senderLeafIndex, ...uris]);
}

/** Throws `ERR_CONTENT` for everything that {@link encodeDerivedValues} does not write. */
export function decodeDerivedValues(bytes: Uint8Array): DerivedValues {
  const reader = new CborReader(bytes, contentLimits.contentBytesMax);
  if (reader.array(fieldCount) !== fieldCount) throw malformed(`derived values have ${fieldCount} fields`);
  const values = {
    messageId: asMessageId(reader.fixed(messageIdBytes)),
    hubAcceptedAt: reader.uint(Number.MAX_SAFE_INTEGER),
    mlsGroupId: reader.bytes(contentLimits.nameBytesMax),
    senderLeafIndex: reader.uint(uint32Max),
    senderClientUri: reader.text(contentLimits.uriBytesMax),
    senderUserUri: reader.text(contentLimits.uriBytesMax),
    roomUri: reader.text(contentLimits.uriBytesMax),
  };
  reader.end();
  return values;
}
