/**
 * Composed codecs: a value's encoder and decoder side by side. Decoders are total: whatever the bytes,
 * they return a value or throw `ERR_MALFORMED` / `ERR_TOO_LARGE`, and never allocate more than the input
 * justifies. Integers are big-endian.
 */
import { ProtocolError } from "./errors.ts";
import { asId, type Branded, idBytes } from "./ids.ts";

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Grows as it is written to. */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written after the first `length` bytes. */
  rewind(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  uint(value: number, width: 1 | 2 | 4): void {
    const at = this.#reserve(width);
    if (width === 1) this.#view.setUint8(at, value);
    else if (width === 2) this.#view.setUint16(at, value);
    else this.#view.setUint32(at, value);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The bytes written so far, as a view: the writer is done after this. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer as ArrayBuffer, 0, this.#length);
  }

  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Walks over received bytes; what it returns are views into them. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // Without the ways of a Node Buffer, whose `slice` does not copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint(width: 1 | 2 | 4): number {
    const at = this.#take(width);
    if (width === 1) return this.#view.getUint8(at);
    return width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  #take(count: number): number {
    if (count > this.remaining) throw new ProtocolError("ERR_MALFORMED", "the message ends too early");
    const at = this.#offset;
    this.#offset += count;
    return at;
  }
}

export interface Codec<T> {
  encode(writer: Writer, value: T): void;
  decode(reader: Reader): T;
}

/** The type that a codec carries. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** Encodes one value. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  codec.encode(writer, value);
  return writer.finish();
}

/** Decodes exactly one value: bytes left over are an error. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.decode(reader);
  if (reader.remaining !== 0) throw new ProtocolError("ERR_MALFORMED", "the message has bytes left over");
  return value;
}

function uintCodec(width: 1 | 2 | 4): Codec<number> {
  const bound = 2 ** (8 * width);
  return {
    encode(writer, value) {
      if (!Number.isInteger(value) || value < 0 || value >= bound) throw new RangeError(`${value} is no u${8 * width}`);
      writer.uint(value, width);
    },
    decode: (reader) => reader.uint(width),
  };
}

export const u8 = uintCodec(1);
export const u16 = uintCodec(2);
export const u32 = uintCodec(4);

/** An unsigned integer up to 2^53 − 1, in eight bytes. */
export const u53: Codec<number> = {
  encode(writer, value) {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no u53`);
    writer.uint(Math.floor(value / 2 ** 32), 4);
    writer.uint(value % 2 ** 32, 4);
  },
  decode(reader) {
    const high = reader.uint(4);
    const low = reader.uint(4);
    if (high >= 2 ** 21) throw new ProtocolError("ERR_MALFORMED", "an integer is above 2^53");
    return high * 2 ** 32 + low;
  },
};

export const bool: Codec<boolean> = {
  encode: (writer, value) => writer.uint(value ? 1 : 0, 1),
  decode(reader) {
    const byte = reader.uint(1);
    if (byte > 1) throw new ProtocolError("ERR_MALFORMED", "a boolean is neither 0 nor 1");
    return byte === 1;
  },
};

/** Nothing at all: the body of a reply that only says "done". */
export const empty: Codec<Record<never, never>> = {
  encode: () => undefined,
  decode: () => ({}),
};

/** Exactly `length` bytes. */
export function fixed(length: number): Codec<Uint8Array> {
  return {
    encode(writer, value) {
      if (value.length !== length) throw new RangeError(`expected ${length} bytes, not ${value.length}`);
      writer.bytes(value);
    },
    decode: (reader) => reader.bytes(length),
  };
}

/** An id of the given kind, at its fixed length. */
export function id<Name extends keyof typeof idBytes>(name: Name): Codec<Branded<Name>> {
  return {
    encode: (writer, value) => writer.bytes(asId(name, value)),
    decode: (reader) => asId(name, reader.bytes(idBytes[name])),
  };
}

/** Up to `max` bytes behind a u32 length. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    encode(writer, value) {
      if (value.length > max) throw new ProtocolError("ERR_TOO_LARGE", `at most ${max} bytes, not ${value.length}`);
      writer.uint(value.length, 4);
      writer.bytes(value);
    },
    decode(reader) {
      const length = reader.uint(4);
      if (length > max) throw new ProtocolError("ERR_TOO_LARGE", `a field has more than ${max} bytes`);
      return reader.bytes(length);
    },
  };
}

/** Up to `max` bytes of valid UTF-8. */
export function text(max: number): Codec<string> {
  const raw = bytes(max);
  return {
    encode: (writer, value) => raw.encode(writer, utf8Encoder.encode(value)),
    decode(reader) {
      const encoded = raw.decode(reader);
      try {
        return utf8Decoder.decode(encoded);
      } catch {
        throw new ProtocolError("ERR_MALFORMED", "a text is not valid UTF-8");
      }
    },
  };
}

/** Up to `max` values behind a u16 count. */
export function list<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    encode(writer, values) {
      if (values.length > max) throw new ProtocolError("ERR_TOO_LARGE", `at most ${max} items, not ${values.length}`);
      writer.uint(values.length, 2);
      for (const value of values) item.encode(writer, value);
    },
    decode(reader) {
      const count = reader.uint(2);
      if (count > max) throw new ProtocolError("ERR_TOO_LARGE", `a list has more than ${max} items`);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(item.decode(reader));
      return values;
    },
  };
}

/** A value, or `undefined`. */
export function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    encode(writer, value) {
      bool.encode(writer, value !== undefined);
      if (value !== undefined) inner.encode(writer, value);
    },
    decode: (reader) => (bool.decode(reader) ? inner.decode(reader) : undefined),
  };
}

/** One of a few names, as its index in one byte. */
export function oneOf<const Names extends readonly string[]>(...names: Names): Codec<Names[number]> {
  return {
    encode(writer, value) {
      const index = names.indexOf(value);
      if (index === -1) throw new RangeError(`no choice ${value}`);
      writer.uint(index, 1);
    },
    decode(reader) {
      const name = names[reader.uint(1)];
      if (name === undefined) throw new ProtocolError("ERR_MALFORMED", "an unknown choice");
      return name;
    },
  };
}

type Fields = Record<string, Codec<never>>;
type StructOf<F> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** Fields one after another, in the order in which they are written here. */
export function struct<F extends { readonly [K in keyof F]: Codec<ValueOf<F[K]>> }>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields as unknown as Fields) as [string, Codec<unknown>][];
  return {
    encode(writer, value) {
      const record = value as Record<string, unknown>;
      for (const [name, codec] of entries) codec.encode(writer, record[name]);
    },
    decode(reader) {
      const record: Record<string, unknown> = {};
      for (const [name, codec] of entries) record[name] = codec.decode(reader);
      return record as StructOf<F>;
    },
  };
}

type Tagged<V> = { [K in keyof V]: { readonly kind: K } & ValueOf<V[K]> }[keyof V];

/** One of several structs, told apart by a one-byte tag: its position in `variants`. */
export function union<V extends { readonly [K in keyof V]: Codec<ValueOf<V[K]>> }>(variants: V): Codec<Tagged<V>> {
  const entries = Object.entries(variants) as unknown as [string, Codec<unknown>][];
  return {
    encode(writer, value) {
      const kind = (value as { kind: string }).kind;
      const tag = entries.findIndex(([name]) => name === kind);
      const entry = entries[tag];
      if (entry === undefined) throw new RangeError(`no variant ${kind}`);
      writer.uint(tag, 1);
      entry[1].encode(writer, value);
    },
    decode(reader) {
      const entry = entries[reader.uint(1)];
      if (entry === undefined) throw new ProtocolError("ERR_MALFORMED", "an unknown variant");
      return { ...(entry[1].decode(reader) as object), kind: entry[0] } as Tagged<V>;
    },
  };
}
