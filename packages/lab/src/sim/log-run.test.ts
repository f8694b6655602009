import assert from "node:assert/strict";
import { test } from "node:test";
import { runLogSeed } from "./log-run.ts";
import { describeResult } from "./report.ts";

const ops = 150;

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`[I1] [I2] [I6] logs keep their promises through seed ${seed}`, async () => {
    const options = { seed, ops };
    const result = await runLogSeed(options);
    assert.equal(result.violation, undefined, describeResult(result, options));
  });
}

test("the same seed gives the same trace, another seed another", async () => {
  const [one, again, other] = [
    await runLogSeed({ seed: 7, ops }),
    await runLogSeed({ seed: 7, ops }),
    await runLogSeed({ seed: 8, ops }),
  ];
  assert.equal(one.trace, again.trace);
  assert.notEqual(one.trace, other.trace);
});

test("the canary of a server that swaps two entries is caught", async () => {
  const result = await runLogSeed({ seed: 1, ops, canary: "server-swaps-entries" });
  assert.equal(result.violation?.invariant, "I1");
});
