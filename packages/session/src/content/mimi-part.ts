/** The body of a MIMI content: nested parts (draft-ietf-mimi-content, "Message Bodies"), types and CBOR. */
import { type CborReader, malformed } from "./cbor.ts";
import { contentLimits } from "./limits.ts";

/** What a part is for; 9 to 255 are unknown to the draft and kept. */
export const disposition = {
  unspecified: 0,
  render: 1,
  reaction: 2,
  profile: 3,
  inline: 4,
  icon: 5,
  attachment: 6,
  session: 7,
  preview: 8,
} as const;

/** How the parts of a {@link MultiPart} relate. */
export const partSemantics = { chooseOne: 0, singleUnit: 1, processAll: 2 } as const;
export type PartSemantics = (typeof partSemantics)[keyof typeof partSemantics];

interface PartBase {
  /** 0 to 255, see {@link disposition}. */
  readonly disposition: number;
  /** Language tags of RFC 5646, comma-separated, or empty. */
  readonly language: string;
}

/** No body: what deletes and unlikes carry. */
export interface NullPart extends PartBase {
  readonly cardinality: "null";
}

export interface SinglePart extends PartBase {
  readonly cardinality: "single";
  readonly contentType: string;
  readonly content: Uint8Array;
}

/** A body stored elsewhere, usually encrypted. */
export interface ExternalPart extends PartBase {
  readonly cardinality: "external";
  readonly contentType: string;
  readonly url: string;
  /** Seconds since the Unix epoch at which the URL stops working; 0 when it does not say. */
  readonly expires: number;
  /** Bytes. */
  readonly size: number;
  /** IANA AEAD number; 0 is none, 1 AES-128-GCM, 2 AES-256-GCM. */
  readonly encAlg: number;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  /** IANA named-information hash number; 0 is none, 1 SHA-256. */
  readonly hashAlg: number;
  readonly contentHash: Uint8Array;
  readonly description: string;
  readonly filename: string;
}

export interface MultiPart extends PartBase {
  readonly cardinality: "multi";
  readonly semantics: PartSemantics;
  /** Two or more. */
  readonly parts: readonly NestedPart[];
}

export type NestedPart = NullPart | SinglePart | ExternalPart | MultiPart;

const cardinalities = ["null", "single", "external", "multi"] as const;
const fieldsOf = { null: 3, single: 5, external: 15, multi: 5 } as const;
const uint16Max = 0xffff;
const uint32Max = 0xffff_ffff;
const u8Max = 0xff;

/** The part as the arrays that {@link encodeCbor} takes. */
export function partToCbor(part: NestedPart): readonly unknown[] {
  const head = [part.disposition, part.language, cardinalities.indexOf(part.cardinality)];
  switch (part.cardinality) {
    case "null":
      return head;
    case "single":
      return [...head, part.contentType, part.content];
    case "multi":
      return [...head, part.semantics, part.parts.map(partToCbor)];
    case "external": {
      const { contentType, url, expires, size, encAlg, key, nonce, aad, hashAlg, contentHash, description, filename } =
        part;
      const fields = [contentType, url, expires, size, encAlg, key, nonce, aad, hashAlg, contentHash];
      return [...head, ...fields, description, filename];
    }
  }
}

/** Reads the body: at most `partDepthMax` levels and `partsMax` parts. */
export function readBody(reader: CborReader): NestedPart {
  return readPart(reader, { depth: 1, budget: { parts: contentLimits.partsMax } });
}

interface Position {
  readonly depth: number;
  /** Shared by the whole body, counted down. */
  readonly budget: { parts: number };
}

function readPart(reader: CborReader, position: Position): NestedPart {
  if (position.depth > contentLimits.partDepthMax) throw malformed("parts are nested too deeply");
  if (position.budget.parts-- === 0) throw malformed(`more than ${contentLimits.partsMax} parts`);
  const fields = reader.array(fieldsOf.external);
  const base = { disposition: reader.uint(u8Max), language: reader.text(contentLimits.nameBytesMax) };
  const cardinality = cardinalities[reader.uint(cardinalities.length - 1)];
  if (cardinality === undefined || fields !== fieldsOf[cardinality]) throw malformed("a part has the wrong fields");
  switch (cardinality) {
    case "null":
      return { ...base, cardinality };
    case "single": {
      const contentType = reader.text(contentLimits.nameBytesMax);
      return { ...base, cardinality, contentType, content: reader.bytes(contentLimits.contentBytesMax) };
    }
    case "external":
      return { ...base, cardinality, ...readExternal(reader) };
    case "multi":
      return { ...base, cardinality, ...readMulti(reader, position) };
  }
}

function readExternal(reader: CborReader): Omit<ExternalPart, keyof PartBase | "cardinality"> {
  const limits = contentLimits;
  return {
    contentType: reader.text(limits.nameBytesMax),
    url: reader.text(limits.uriBytesMax),
    expires: reader.uint(uint32Max),
    size: reader.uint(Number.MAX_SAFE_INTEGER),
    encAlg: reader.uint(uint16Max),
    key: reader.bytes(limits.cryptoFieldBytesMax),
    nonce: reader.bytes(limits.cryptoFieldBytesMax),
    aad: reader.bytes(limits.cryptoFieldBytesMax),
    hashAlg: reader.uint(u8Max),
    contentHash: reader.bytes(limits.cryptoFieldBytesMax),
    description: reader.text(limits.descriptionBytesMax),
    filename: reader.text(limits.filenameBytesMax),
  };
}

function readMulti(reader: CborReader, position: Position): Pick<MultiPart, "semantics" | "parts"> {
  const semantics = reader.uint(partSemantics.processAll) as PartSemantics;
  const count = reader.array(contentLimits.partsMax);
  if (count < 2) throw malformed("a multipart has fewer than two parts");
  const parts: NestedPart[] = [];
  for (let i = 0; i < count; i++) parts.push(readPart(reader, { ...position, depth: position.depth + 1 }));
  return { semantics, parts };
}
