import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  bool,
  bytes,
  decode,
  empty,
  encode,
  fixed,
  list,
  oneOf,
  optional,
  Reader,
  struct,
  text,
  u8,
  u16,
  u32,
  u53,
  union,
  Writer,
} from "./codec.ts";
import { ProtocolError } from "./errors.ts";

const isMalformed = (error: unknown) => error instanceof ProtocolError && error.code === "ERR_MALFORMED";
const isTooLarge = (error: unknown) => error instanceof ProtocolError && error.code === "ERR_TOO_LARGE";

describe("[WR3] primitives", () => {
  it("write integers big-endian at their width", () => {
    assert.deepEqual([...encode(u8, 0x12)], [0x12]);
    assert.deepEqual([...encode(u16, 0x1234)], [0x12, 0x34]);
    assert.deepEqual([...encode(u32, 0x12345678)], [0x12, 0x34, 0x56, 0x78]);
    assert.deepEqual([...encode(u53, 2 ** 32 + 1)], [0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it("carry every integer of their width", () => {
    for (const [codec, max] of [
      [u8, 2 ** 8],
      [u16, 2 ** 16],
      [u32, 2 ** 32],
      [u53, 2 ** 53],
    ] as const) {
      fc.assert(fc.property(fc.maxSafeNat(), (value) => decode(codec, encode(codec, value % max)) === value % max));
      for (const edge of [0, max - 1]) assert.equal(decode(codec, encode(codec, edge)), edge);
      for (const bad of [-1, max, 0.5, Number.NaN]) assert.throws(() => encode(codec, bad), RangeError);
    }
  });

  it("refuse an integer above 2^53, a boolean above 1, an unknown choice, broken UTF-8", () => {
    assert.throws(() => decode(u53, Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0)), isMalformed);
    assert.throws(() => decode(bool, Uint8Array.of(2)), isMalformed);
    assert.throws(() => decode(oneOf("a", "b"), Uint8Array.of(2)), isMalformed);
    assert.throws(() => decode(text(9), Uint8Array.of(0, 0, 0, 1, 0xff)), isMalformed);
    assert.throws(() => decode(union({ a: empty }), Uint8Array.of(1)), isMalformed);
  });

  it("bound lengths and counts before they allocate", () => {
    assert.throws(() => decode(bytes(4), Uint8Array.of(0, 0, 0, 5, 1, 2, 3, 4, 5)), isTooLarge);
    assert.throws(() => decode(bytes(2 ** 32), Uint8Array.of(0xff, 0xff, 0xff, 0xff)), isMalformed);
    assert.throws(() => decode(list(u8, 3), Uint8Array.of(0, 4, 1, 2, 3, 4)), isTooLarge);
    assert.throws(() => decode(list(u53, 65_535), Uint8Array.of(0xff, 0xff)), isMalformed);
    assert.throws(() => encode(bytes(4), new Uint8Array(5)), isTooLarge);
    assert.throws(() => encode(list(u8, 1), [1, 2]), isTooLarge);
    assert.throws(() => encode(oneOf("a", "b"), "c" as "a"), RangeError);
    assert.throws(() => encode(fixed(4), new Uint8Array(5)), RangeError);
  });

  it("refuse bytes left over and bytes missing", () => {
    assert.throws(() => decode(u8, Uint8Array.of(1, 2)), isMalformed);
    assert.throws(() => decode(u16, Uint8Array.of(1)), isMalformed);
  });

  it("compose", () => {
    const codec = struct({
      choice: oneOf("x", "y"),
      maybe: optional(text(20)),
      many: list(union({ number: struct({ value: u16 }), nothing: empty }), 4),
    });
    const value = {
      choice: "y",
      maybe: "é",
      many: [{ kind: "number", value: 7 }, { kind: "nothing" }],
    } as const;
    assert.deepEqual(decode(codec, encode(codec, value)), value);
    assert.deepEqual(decode(codec, encode(codec, { ...value, maybe: undefined })), { ...value, maybe: undefined });
  });
});

describe("a writer", () => {
  it("grows, and forgets what it is told to", () => {
    const writer = new Writer(1);
    writer.bytes(new Uint8Array(1_000).fill(1));
    const { length } = writer;
    writer.uint(5, 4);
    writer.rewind(length);
    writer.rewind(5_000);
    writer.uint(9, 1);
    assert.equal(writer.length, 1_001);
    assert.deepEqual(writer.finish(), new Uint8Array(1_001).fill(1).fill(9, 1_000));
  });
});

describe("a reader", () => {
  it("returns views into what it was given, wherever that lies", () => {
    const buffer = new Uint8Array([9, 9, 1, 2, 3]);
    const reader = new Reader(buffer.subarray(2));
    assert.equal(reader.bytes(2).buffer, buffer.buffer);
    assert.equal(reader.uint(1), 3);
    assert.equal(reader.remaining, 0);
  });
});
