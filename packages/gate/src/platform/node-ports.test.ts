import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeEntropy } from "./node-ports.ts";

test("random bytes are as many as asked for, and never the same ones twice", () => {
  const drawn = Array.from({ length: 1_000 }, (_, i) => nodeEntropy.bytes(16 + (i % 40)));
  assert.deepEqual(
    drawn.map(({ length }) => length),
    drawn.map((_, i) => 16 + (i % 40)),
  );
  const heads = drawn.map((bytes) => Buffer.from(bytes.subarray(0, 16)).toString("hex"));
  assert.equal(new Set(heads).size, drawn.length);
  assert.equal(nodeEntropy.bytes(5_000).length, 5_000);
});

test("what was drawn is a copy: it stays as it was, and writing to it changes no later draw", () => {
  const first = nodeEntropy.bytes(32);
  const kept = Buffer.from(first);
  const second = nodeEntropy.bytes(32);
  assert.deepEqual(Buffer.from(first), kept);
  first.fill(7);
  assert.notDeepEqual(Buffer.from(second), Buffer.from(first));
  assert.notEqual(first.buffer, second.buffer);
});
