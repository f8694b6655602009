import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SessionError } from "../errors.ts";
import { encodeCbor, RawCbor } from "./cbor.ts";
import { contentLimits } from "./limits.ts";
import { asMessageId, decodeMimi, encodeMimi, type MimiContent } from "./mimi.ts";
import { decodeDerivedValues } from "./mimi-derived.ts";
import type { NestedPart } from "./mimi-part.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const messageId = bytesOf(32).map(asMessageId);
const shortText = fc.string({ maxLength: 20, unit: "grapheme" });
const head = { disposition: fc.nat(255), language: shortText };

const single = fc.record({
  cardinality: fc.constant("single" as const),
  ...head,
  contentType: shortText,
  content: fc.uint8Array({ maxLength: 300 }),
});
const external = fc.record({
  cardinality: fc.constant("external" as const),
  ...head,
  contentType: shortText,
  url: shortText,
  expires: fc.nat(0xffff_ffff),
  size: fc.maxSafeNat(),
  encAlg: fc.nat(0xffff),
  key: fc.uint8Array({ maxLength: 64 }),
  nonce: fc.uint8Array({ maxLength: 64 }),
  aad: fc.uint8Array({ maxLength: 64 }),
  hashAlg: fc.nat(255),
  contentHash: fc.uint8Array({ maxLength: 64 }),
  description: shortText,
  filename: shortText,
});
const leaf: fc.Arbitrary<NestedPart> = fc.oneof(
  fc.record({ cardinality: fc.constant("null" as const), ...head }),
  single,
  external,
);

function nested(depth: number): fc.Arbitrary<NestedPart> {
  if (depth === 1) return leaf;
  const parts = fc.array(nested(depth - 1), { minLength: 2, maxLength: 3 });
  const semantics = fc.constantFrom(0 as const, 1 as const, 2 as const);
  return fc.oneof(leaf, fc.record({ cardinality: fc.constant("multi" as const), ...head, semantics, parts }));
}

const extension = fc.record({
  key: fc.oneof(fc.integer({ min: 3 }), fc.integer({ max: -1 }), fc.string({ minLength: 1, maxLength: 40 })),
  value: fc
    .oneof(fc.integer(), fc.string(), fc.array(fc.integer()), fc.double(), fc.constant(new Map([["a", [1]]])))
    .map(encodeCbor),
});

const content: fc.Arbitrary<MimiContent> = fc
  .record({
    required: fc.record({
      salt: bytesOf(16),
      topicId: fc.uint8Array({ maxLength: 40 }),
      unknownExtensions: fc.uniqueArray(extension, { maxLength: 5, selector: ({ key }) => key }),
      body: nested(4),
    }),
    optional: fc.record(
      {
        replaces: messageId,
        inReplyTo: messageId,
        senderUri: shortText,
        roomUri: shortText,
        expires: fc.record({ isRelative: fc.boolean(), seconds: fc.nat(0xffff_ffff) }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ required, optional }) => ({ ...required, ...optional }));

const plain: MimiContent = {
  salt: new Uint8Array(16),
  topicId: new Uint8Array(),
  unknownExtensions: [],
  body: { cardinality: "null", disposition: 1, language: "" },
};

/** The plain content with some fields of its CBOR replaced. */
function variant(fields: Readonly<Record<number, unknown>>): Uint8Array {
  const array: unknown[] = [plain.salt, null, plain.topicId, null, null, new Map(), [1, "", 0]];
  for (const [index, value] of Object.entries(fields)) array[Number(index)] = value;
  return encodeCbor(array);
}

function refuses(bytes: Uint8Array): void {
  assert.throws(
    () => decodeMimi(bytes),
    (error) => error instanceof SessionError && error.code === "ERR_CONTENT",
  );
}

/** Runs a decoder on junk: a value or `ERR_CONTENT`, nothing else. */
function isTotal(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof SessionError && error.code === "ERR_CONTENT", String(error));
  }
}

test("[CN1] a content encodes to bytes that decode to it and encode to the same bytes", () => {
  fc.assert(
    fc.property(content, (mimi) => {
      const bytes = encodeMimi(mimi);
      const decoded = decodeMimi(bytes);
      assert.deepEqual(encodeMimi(decoded), bytes);
      assert.deepEqual(
        new Set(decoded.unknownExtensions.map(({ key }) => key)),
        new Set(mimi.unknownExtensions.map(({ key }) => key)),
      );
      assert.deepEqual({ ...decoded, unknownExtensions: [] }, structuredClone({ ...mimi, unknownExtensions: [] }));
    }),
  );
});

test("[CN2] random bytes decode or fail with ERR_CONTENT", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      isTotal(() => decodeMimi(bytes));
      isTotal(() => decodeDerivedValues(bytes));
    }),
    { numRuns: 1_000 },
  );
});

test("[CN1] [CN2] whatever change of a valid content still decodes encodes to itself", () => {
  fc.assert(
    fc.property(content, fc.nat(), fc.nat(255), fc.boolean(), (mimi, position, byte, isCut) => {
      const bytes = encodeMimi(mimi).slice();
      const at = position % bytes.length;
      bytes[at] = byte;
      const changed = isCut ? bytes.subarray(0, at) : bytes;
      isTotal(() => assert.deepEqual(encodeMimi(decodeMimi(changed)), changed));
    }),
    { numRuns: 1_000 },
  );
});

test("[CN1] what is not deterministic is refused", () => {
  const good = variant({});
  assert.equal(decodeMimi(good).body.cardinality, "null");
  refuses(Uint8Array.of(...good, 0));
  refuses(good.subarray(0, -1));
  // The array's length and the disposition in longer forms than needed, an indefinite array, a tag.
  refuses(Uint8Array.of(0x98, 7, ...good.subarray(1)));
  refuses(variant({ 6: [new RawCbor(Uint8Array.of(0x18, 1)), "", 0] }));
  refuses(Uint8Array.of(0x9f, ...good.subarray(1), 0xff));
  refuses(Uint8Array.of(0xc1, ...good));
  refuses(variant({ 5: new RawCbor(Uint8Array.of(0xa2, 4, 0, 3, 0)) }));
  refuses(variant({ 5: new RawCbor(Uint8Array.of(0xa2, 3, 0, 3, 0)) }));
});

test("[CN1] fields of the wrong type, length or range are refused", () => {
  for (const salt of [new Uint8Array(15), new Uint8Array(17), "0123456789abcdef", null]) refuses(variant({ 0: salt }));
  for (const id of [new Uint8Array(31), new Uint8Array(33), false]) refuses(variant({ 1: id }));
  for (const expires of [[1, 2], [true], [true, -1], [true, 2 ** 32], [true, 1, 1]]) refuses(variant({ 3: expires }));
  for (const part of [
    [256, "", 0],
    [1, "", 4],
    [1, "", 0, 0],
    [1, "", 1, "a"],
    [1, "", 3, 3, []],
    [1, "", 3, 0, [[1, "", 0]]],
  ]) {
    refuses(variant({ 6: part }));
  }
});

test("[CN3] unknown extensions keep their bytes, even those that another encoder wrote otherwise", () => {
  // 1.0 as a half float: ours would write the integer.
  const value = Uint8Array.of(0xf9, 0x3c, 0x00);
  const bytes = variant({ 5: new RawCbor(Uint8Array.of(0xa1, 0x19, 0x01, 0x00, ...value)) });
  const decoded = decodeMimi(bytes);
  assert.deepEqual(decoded.unknownExtensions, [{ key: 256, value }]);
  assert.deepEqual(encodeMimi(decoded), bytes);
});

test("[CN6] limits of size, number and depth hold", () => {
  const wide = (count: number) => [1, "", 3, 2, Array.from({ length: count }, () => [1, "", 0])];
  assert.equal(decodeMimi(variant({ 6: wide(contentLimits.partsMax - 1) })).body.cardinality, "multi");
  refuses(variant({ 6: wide(contentLimits.partsMax) }));
  const deep = (levels: number): unknown => (levels === 1 ? [1, "", 0] : [1, "", 3, 2, [[1, "", 0], deep(levels - 1)]]);
  assert.equal(decodeMimi(variant({ 6: deep(contentLimits.partDepthMax) })).body.cardinality, "multi");
  refuses(variant({ 6: deep(contentLimits.partDepthMax + 1) }));
  assert.equal(decodeMimi(variant({ 5: new Map([[9, [[[1]]]]]) })).unknownExtensions.length, 1);
  refuses(variant({ 5: new Map([[9, [[[[1]]]]]]) }));
  refuses(variant({ 5: new Map([[9, new Uint8Array(contentLimits.extensionValueBytesMax)]]) }));
  refuses(variant({ 5: new Map([["k".repeat(256), 1]]) }));
  refuses(variant({ 5: new Map([["", 1]]) }));
  refuses(variant({ 5: new Map([[2n ** 53n, 1]]) }));
  refuses(variant({ 6: [1, "", 1, "a/b", new Uint8Array(contentLimits.contentBytesMax)] }));
});

test("[CN6] deep nesting and huge counts cost nothing", () => {
  refuses(new Uint8Array(100_000).fill(0x81));
  refuses(Uint8Array.of(0x9b, 0, 0, 0, 1, 0, 0, 0, 0));
  refuses(variant({ 5: new RawCbor(Uint8Array.of(0xa1, 9, 0x9b, 0, 0, 0, 1, 0, 0, 0, 0)) }));
  refuses(Uint8Array.of(0x87, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0));
});

test("[CN1] an encoder refuses what its reader would", () => {
  assert.throws(() => encodeMimi({ ...plain, salt: new Uint8Array(3) }), SessionError);
  const twice = { key: 7, value: Uint8Array.of(0) };
  assert.throws(() => encodeMimi({ ...plain, unknownExtensions: [twice, twice] }), SessionError);
});
