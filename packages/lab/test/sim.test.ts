/**
 * The simulator over a fixed set of seeds and one of this very commit, within a minute. More of them:
 * `npm run sim -- --seeds=2000 --jobs=2`.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { canaryNames } from "../src/sim/canaries.ts";
import { runFork } from "../src/sim/fork-run.ts";
import { describeResult } from "../src/sim/report.ts";
import { runSeed } from "../src/sim/run.ts";

const ops = 200;
const fixedSeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** A seed that changes with every commit; absent outside a repository with commits. */
function commitSeed(): number | undefined {
  const { status, stdout } = spawnSync("git", ["rev-parse", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" });
  return status === 0 ? Number.parseInt(stdout.slice(0, 8), 16) : undefined;
}

const ownSeed = commitSeed();
const seeds = ownSeed === undefined ? fixedSeeds : [...fixedSeeds, ownSeed];
console.log(`simulated seeds: ${seeds.join(", ")}, ${ops} operations each`);

for (const seed of seeds) {
  test(`[I0-I7] seed ${seed} keeps every promise and converges`, async () => {
    const options = { seed, ops };
    const result = await runSeed(options);
    assert.equal(result.violation, undefined, describeResult(result, options));
  });
}

test("the same seed gives the same trace", async () => {
  const [one, again] = [await runSeed({ seed: 99, ops: 60 }), await runSeed({ seed: 99, ops: 60 })];
  assert.equal(one.trace, again.trace);
  assert.notEqual(one.trace, (await runSeed({ seed: 100, ops: 60 })).trace);
});

const caughtBy = {
  "server-swaps-entries": "I1",
  "client-forgets-duplicates": "I3",
  "engine-reads-clock": "I0",
} as const;

test("pure cryptography gives the same trace as Node's", async () => {
  const [fast, pure] = [await runSeed({ seed: 98, ops: 15 }), await runSeed({ seed: 98, ops: 15, isPure: true })];
  assert.equal(fast.violation, undefined, describeResult(fast, { seed: 98, ops: 15 }));
  assert.equal(pure.trace, fast.trace);
});

for (const canary of canaryNames) {
  test(`the canary "${canary}" is caught`, async () => {
    const results = [await runSeed({ seed: 1, ops, canary }), await runSeed({ seed: 2, ops, canary })];
    const found = results.flatMap(({ violations }) => violations.map(({ invariant }) => invariant));
    assert.ok(found.includes(caughtBy[canary]), `only ${found.join(", ") || "nothing"} was reported`);
  });
}

test("a server that shows two histories is noticed by both sides", async () => {
  const { warnings, violations } = await runFork(1);
  assert.deepEqual(violations, []);
  assert.deepEqual(warnings, [["ERR_SERVER_FORK"], ["ERR_SERVER_FORK"]]);
});
