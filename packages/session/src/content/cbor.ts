/**
 * A strict reader of deterministic CBOR (RFC 8949 §4.2.1) over cbor2's stream of events.
 *
 * It pulls one typed value after another instead of building a tree, so that nothing is allocated for
 * what the caller did not ask for, no tag is interpreted, and bytes that are unknown to us can be kept
 * exactly as they came. Everything wrong with the input is a {@link SessionError} `ERR_CONTENT`.
 */
import { encode } from "cbor2";
import { SequenceEvents } from "cbor2/decoder";
import { SessionError } from "../errors.ts";

const major = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const indefinite = 31;
/** Only a backstop for cbor2's own recursion; the bounds that matter are the callers'. */
const nestingMax = 64;

type CborEvent = NonNullable<ReturnType<SequenceEvents["read"]>>;

export function malformed(message: string, cause?: unknown): SessionError {
  return new SessionError("ERR_CONTENT", message, cause === undefined ? undefined : { cause });
}

/** Deterministic encoding of arrays, maps, integers, texts, byte strings and {@link RawCbor}. */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value, { cde: true });
}

/** CBOR that is encoded already and goes out as it is. */
export class RawCbor {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Called by cbor2's encoder. */
  toCBOR(writer: { write(bytes: Uint8Array): void }): undefined {
    writer.write(this.bytes);
  }
}

export class CborReader {
  readonly #bytes: Uint8Array;
  readonly #events: SequenceEvents;

  constructor(bytes: Uint8Array, bytesMax: number) {
    if (bytes.length > bytesMax) throw malformed(`more than ${bytesMax} bytes`);
    this.#bytes = bytes;
    this.#events = new SequenceEvents(bytes, { requirePreferred: true, maxDepth: nestingMax });
  }

  /** The next array's number of elements. */
  array(countMax: number): number {
    return this.#count(major.array, countMax);
  }

  /** The next map's number of pairs. */
  map(countMax: number): number {
    return this.#count(major.map, countMax);
  }

  /** An unsigned integer up to `max`, at most 2^53 − 1. */
  uint(max: number): number {
    const [, , value] = this.#expect(major.uint);
    if (typeof value !== "number" || value > max) throw malformed(`an integer is above ${max}`);
    return value;
  }

  bytes(lengthMax: number): Uint8Array {
    const [, , value] = this.#expect(major.bytes);
    if (!(value instanceof Uint8Array) || value.length > lengthMax) throw malformed(`more than ${lengthMax} bytes`);
    return value;
  }

  fixed(length: number): Uint8Array {
    const value = this.bytes(length);
    if (value.length !== length) throw malformed(`expected ${length} bytes, not ${value.length}`);
    return value;
  }

  text(bytesMax: number): string {
    const [, , value, , length] = this.#expect(major.text);
    if (typeof value !== "string" || length > bytesMax) throw malformed(`a text of more than ${bytesMax} bytes`);
    return value;
  }

  bool(): boolean {
    const [, , value] = this.#expect(major.simple);
    if (typeof value !== "boolean") throw malformed("expected true or false");
    return value;
  }

  /** Whatever `read` reads, or `undefined` in place of a CBOR null. */
  nullable<T>(read: () => T): T | undefined {
    if (this.#peek()[2] !== null) return read();
    this.#read();
    return undefined;
  }

  /** A map key: an integer of at most 53 bits or a text of 1 to `bytesMax` bytes, with its encoded form. */
  key(bytesMax: number): { readonly key: number | string; readonly encoded: Uint8Array } {
    const [type, , value, offset, length] = this.#read();
    const isInteger = type === major.uint || type === major.negative;
    if (isInteger && typeof value === "number" && Number.isSafeInteger(value)) {
      return { key: value, encoded: this.#bytes.subarray(offset, this.#offset()) };
    }
    if (type === major.text && typeof value === "string" && length >= 1 && length <= bytesMax) {
      return { key: value, encoded: this.#bytes.subarray(offset, this.#offset()) };
    }
    throw malformed("a map key is neither a 53-bit integer nor a short text");
  }

  /** One value of any type, as the bytes it came in; `depthMax` counts tags, maps and arrays. */
  raw(bounds: { readonly bytesMax: number; readonly depthMax: number }): Uint8Array {
    const start = this.#offset();
    this.#skip(bounds.depthMax);
    const end = this.#offset();
    if (end - start > bounds.bytesMax) throw malformed(`a value of more than ${bounds.bytesMax} bytes`);
    return this.#bytes.slice(start, end);
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.#offset() !== this.#bytes.length) throw malformed("bytes are left over");
  }

  #skip(depthMax: number): void {
    const [type, , value] = this.#read();
    if (type < major.array || type === major.simple) return;
    if (depthMax === 0) throw malformed("a value is nested too deeply");
    const children = type === major.tag ? 1 : Number(value) * (type === major.map ? 2 : 1);
    for (let i = 0; i < children; i++) this.#skip(depthMax - 1);
  }

  #count(type: number, countMax: number): number {
    const [, , count] = this.#expect(type);
    if (typeof count !== "number" || count > countMax) throw malformed(`more than ${countMax} elements`);
    return count;
  }

  #expect(type: number): CborEvent {
    const event = this.#read();
    if (event[0] !== type) throw malformed("a value has the wrong type");
    return event;
  }

  #read(): CborEvent {
    const event = this.#peek();
    this.#events.read();
    if (event[1] === indefinite) throw malformed("a length is indefinite");
    return event;
  }

  #peek(): CborEvent {
    const event = this.#next();
    if (event === undefined) throw malformed("the content ends too early");
    return event;
  }

  /** Where the next value starts. */
  #offset(): number {
    return this.#next()?.[3] ?? this.#bytes.length;
  }

  #next(): CborEvent | undefined {
    try {
      return this.#events.peek();
    } catch (error) {
      throw malformed("not well-formed CBOR", error);
    }
  }
}
