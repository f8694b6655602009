import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateLimits } from "@rempart/protocol";
import fc from "fast-check";
import { gateServerLimits as limits } from "../limits.ts";
import { Effort } from "./effort.ts";

/** An effort that has been driven to its cap, and the time at which it is. */
function atCap() {
  const effort = new Effort({ limits, elapsed: 0 });
  let elapsed = 0;
  while (effort.asked < gateLimits.effortMax) {
    effort.dropped(effort.asked);
    elapsed += 1_000;
    effort.tick(elapsed);
    assert.ok(elapsed < 600_000, "it reaches the cap");
  }
  return { effort, elapsed };
}

describe("[GT21] effort", () => {
  it("rises while newcomers are dropped who made what is asked, at most every two seconds", () => {
    const effort = new Effort({ limits, elapsed: 0 });
    const asked = [];
    for (let elapsed = 1_000; elapsed <= 6_000; elapsed += 1_000) {
      effort.dropped(effort.asked);
      effort.tick(elapsed);
      asked.push(effort.asked);
    }
    assert.deepEqual(asked, [6, 6, 9, 9, 14, 14]);
  });

  it("does not rise for drops of those who made less, nor higher for those who made more", () => {
    const effort = new Effort({ limits, elapsed: 0 });
    for (let i = 0; i < 100; i++) effort.dropped(limits.effortFloor - 1);
    effort.tick(10_000);
    assert.equal(effort.asked, limits.effortFloor);
    for (let i = 0; i < 100; i++) effort.dropped(65_535);
    effort.tick(20_000);
    assert.equal(effort.asked, 6);
  });

  it("takes what was asked before the last raises for half a minute", () => {
    const effort = new Effort({ limits, elapsed: 0 });
    effort.dropped(effort.asked);
    effort.tick(1_000);
    assert.equal(effort.leastTaken(1_000), limits.effortFloor);
    assert.equal(effort.leastTaken(1_000 + limits.effortGraceMs), effort.asked);
  });

  it("is back at the floor within two minutes of quiet, from the cap, however late the ticks", () => {
    for (const tickMs of [1_000, 5_000, 30_000]) {
      const { effort, elapsed } = atCap();
      for (let after = tickMs; after <= 120_000; after += tickMs) effort.tick(elapsed + after);
      assert.equal(effort.asked, limits.effortFloor);
      assert.equal(effort.leastTaken(elapsed + 120_000), limits.effortFloor);
    }
  });

  it("never exceeds its cap nor falls below its floor, whatever is claimed and dropped", () => {
    const second = fc.record({
      drops: fc.array(fc.nat(65_535), { maxLength: 5 }),
      ms: fc.integer({ min: 0, max: 5_000 }),
    });
    fc.assert(
      fc.property(fc.array(second, { maxLength: 200 }), (seconds) => {
        const effort = new Effort({ limits, elapsed: 0 });
        let elapsed = 0;
        for (const { drops, ms } of seconds) {
          const before = effort.asked;
          for (const each of drops) effort.dropped(each);
          elapsed += ms;
          effort.tick(elapsed);
          assert.ok(effort.asked <= gateLimits.effortMax && effort.asked >= limits.effortFloor);
          assert.ok(effort.leastTaken(elapsed) <= effort.asked && effort.leastTaken(elapsed) >= limits.effortFloor);
          if (drops.every((each) => each < before)) assert.ok(effort.asked <= before, "raised for nothing");
        }
      }),
    );
  });
});
