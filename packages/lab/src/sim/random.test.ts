import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./random.ts";

test("one label gives one stream, and another label another", () => {
  const draw = (label: string) => new Random(label).bytes(32);
  assert.deepEqual(draw("a"), draw("a"));
  assert.notDeepEqual(draw("a"), draw("b"));
});

test("a fork does not depend on what its parent has drawn", () => {
  const fresh = new Random("a");
  const used = new Random("a");
  used.bytes(100);
  assert.deepEqual(fresh.fork("x").bytes(16), used.fork("x").bytes(16));
  assert.notDeepEqual(fresh.fork("x").bytes(16), fresh.fork("y").bytes(16));
});

test("numbers stay in their bounds and reach them", () => {
  const random = new Random("bounds");
  const drawn = new Set(Array.from({ length: 500 }, () => random.between(3, 7)));
  assert.deepEqual([...drawn].sort(), [3, 4, 5, 6, 7]);
});

test("a weight of zero is never drawn, the others about as often as they weigh", () => {
  const random = new Random("weights");
  const counts = { often: 0, seldom: 0, never: 0 };
  for (let i = 0; i < 4_000; i++) counts[random.weighted({ often: 3, seldom: 1, never: 0 })]++;
  assert.equal(counts.never, 0);
  assert.ok(counts.often > 2_700 && counts.often < 3_300, `often: ${counts.often} of 4000`);
  assert.throws(() => random.weighted({ never: 0 }), RangeError);
});
