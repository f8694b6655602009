import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Durations, median, percentile, spreadOf } from "./statistics.ts";

test("a percentile is the nearest rank", () => {
  const sorted = [10, 20, 30, 40];
  assert.equal(percentile(sorted, 0), 10);
  assert.equal(percentile(sorted, 0.5), 20);
  assert.equal(percentile(sorted, 0.51), 30);
  assert.equal(percentile(sorted, 1), 40);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test("the median of an even number of values lies between the middle two", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
  assert.ok(Number.isNaN(median([])));
});

test("the median lies within the spread, whatever the values", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (some) => {
      const spread = spreadOf(some);
      assert.ok(spread.min <= spread.median && spread.median <= spread.max);
    }),
  );
});

test("durations keep every value as they grow, and forget them when cleared", () => {
  const durations = new Durations();
  for (let i = 10_000; i >= 1; i--) durations.add(i);
  assert.equal(durations.count, 10_000);
  assert.deepEqual(durations.percentiles(0.5, 0.99, 1), [5_000, 9_900, 10_000]);
  durations.clear();
  assert.equal(durations.count, 0);
});
