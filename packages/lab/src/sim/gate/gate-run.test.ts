import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeResult } from "../report.ts";
import type { InvariantId } from "../violation.ts";
import { type GateCanaryName, gateCanaryNames } from "./canaries.ts";
import { type GateRunOptions, runGateSeed } from "./gate-run.ts";

const ops = 60;

/** What each canary breaks, and a run of the attack that brings it out. */
const canaries: Readonly<Record<GateCanaryName, GateRunOptions & { readonly breaks: InvariantId }>> = {
  "gate-forgets-spent": { seed: 1, ops: 40, attack: "replays", breaks: "G1" },
  "gate-serves-by-arrival": { seed: 7, ops: 90, attack: "handshakes", breaks: "G3" },
  "gate-keeps-effort": { seed: 5, ops: 40, attack: "work", breaks: "G6" },
  "gate-keeps-mode": { seed: 1, ops: 20, breaks: "G7" },
  "gate-keeps-prefixes": { seed: 1, ops: 20, breaks: "G5" },
};

describe("the gate under attack", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`[G1] to [G8] keeps its promises through seed ${seed}`, async () => {
      const result = await runGateSeed({ seed, ops });
      assert.equal(result.violation, undefined, describeResult(result, { seed, ops, gate: true }));
    });
  }

  it("gives the same trace for the same seed, another for another", async () => {
    const [one, again, other] = [
      await runGateSeed({ seed: 7, ops: 20 }),
      await runGateSeed({ seed: 7, ops: 20 }),
      await runGateSeed({ seed: 8, ops: 20 }),
    ];
    assert.equal(one.trace, again.trace);
    assert.notEqual(one.trace, other.trace);
  });

  for (const canary of gateCanaryNames) {
    const { breaks, ...options } = canaries[canary];
    it(`notices the canary "${canary}", and finds nothing in the gate itself`, async () => {
      assert.equal((await runGateSeed(options)).violation, undefined);
      assert.equal((await runGateSeed({ ...options, canary })).violation?.invariant, breaks);
    });
  }
});
