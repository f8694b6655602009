import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arrived, makeWorld, quietLoad, sourceOf } from "./testing/fakes.ts";
import { admitByToken } from "./testing/proofs.ts";

describe("[GT61] an explanation", () => {
  it("says what would be done to an address, and why", async () => {
    const world = makeWorld();
    const { gate, clock } = world;
    assert.deepEqual(gate.explain(sourceOf(1)).lanes, { B: "in", C: "in", D: "in", E: "in" });
    for (let i = 0; i < gate.limits.invalidProofsMax; i++) await arrived(gate).prove(Uint8Array.of(99));
    const denied = gate.explain(sourceOf(1));
    assert.equal(denied.accept, "accept-denied");
    assert.equal(denied.deniedForMs, gate.limits.denyMs);
    assert.match(denied.why[0] ?? "", /deny list/);
    await admitByToken(world, { source: sourceOf(2), mark: 1 });
    assert.equal(gate.explain(sourceOf(2)).isTrusted, true);
    for (let i = 2; i < 12; i++) await admitByToken(world, { source: sourceOf(i), mark: i });
    assert.deepEqual([gate.explain(sourceOf(12)).isFamiliar, gate.explain(sourceOf(12, 1)).isFamiliar], [true, false]);
    assert.match(gate.explain(sourceOf(12)).why.join(" "), /prefixes of its network/);
    for (let i = 0; i < 2; i++) {
      clock.advance(1_000);
      gate.tick({ ...quietLoad, acceptOverflows: 1_000 });
    }
    const siege = gate.explain(sourceOf(3));
    assert.deepEqual([siege.mode, siege.lanes.E, siege.lanes.D], ["siege", "none-shed", "in"]);
    assert.match(siege.why.at(-1) ?? "", /siege: accept queue overflows/);
  });

  it("agrees with what then happens, changes nothing, and can be said in JSON", () => {
    const { gate } = makeWorld({ acceptPerPrefixPerSecondNormal: 5, acceptBurstMs: 1_000 });
    for (let i = 0; i < 10; i++) {
      const explained = gate.explain(sourceOf(1));
      assert.deepEqual(gate.explain(sourceOf(1)), explained);
      assert.deepEqual(JSON.parse(JSON.stringify(explained)), explained);
      const visit = gate.arrive(sourceOf(1));
      assert.equal(explained.accept, typeof visit === "string" ? visit : "peek");
    }
  });
});
