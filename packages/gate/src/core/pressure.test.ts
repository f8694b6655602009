import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { arrived, type FakeWorld, makeWorld, quietLoad, sourceOf } from "./testing/fakes.ts";
import { admitByToken, nothing } from "./testing/proofs.ts";
import type { Visit } from "./visit.ts";

/** A stranger's hello waits for its handshake. */
function helloWaits({ gate }: FakeWorld): Visit {
  const visit = gate.arrive(sourceOf(1));
  assert.ok(typeof visit !== "string");
  visit.enter("peek");
  visit.enter("tls");
  assert.equal(gate.handshakes.push(visit), undefined);
  return visit;
}

describe("[GT62] pressure", () => {
  it("is the mode, and guarded at once when hellos wait, until they wait no more", () => {
    const world = makeWorld();
    const { gate, clock } = world;
    const visit = helloWaits(world);
    clock.advance(gate.limits.pressureQueueAgeMs - 1);
    assert.equal(gate.pressure, "normal");
    clock.advance(1);
    assert.deepEqual([gate.pressure, gate.mode], ["guarded", "normal"]);
    assert.equal(gate.handshakes.next(), visit);
    assert.equal(gate.pressure, "normal");
    for (let second = 0; second < 2; second++) {
      clock.advance(1_000);
      gate.tick({ ...quietLoad, handshakeQueueAgeMs: 5_000 });
    }
    assert.equal(gate.pressure, "siege");
  });

  it("has lane E give up what it has saved, and no other lane", async () => {
    const admittedUnder = async (isPressed: boolean) => {
      const world = makeWorld();
      const { gate, clock } = world;
      if (isPressed) {
        helloWaits(world);
        clock.advance(gate.limits.pressureQueueAgeMs);
      }
      for (let i = 0; i < 300; i++) await arrived(gate, sourceOf(2 + i)).prove(nothing);
      const { visit } = await admitByToken(world, { source: sourceOf(1_000), mark: 1 });
      assert.equal(visit.lane, "C");
      return gate.counters.admitted.E;
    };
    const { shareE, admissionsPerSecond, shareBurstMs, shareBurstMsPressed } = makeWorld().gate.limits;
    const saved = (ms: number) => (admissionsPerSecond * shareE * ms) / 100_000;
    assert.equal(await admittedUnder(false), saved(shareBurstMs));
    assert.equal(await admittedUnder(true), saved(shareBurstMsPressed));
  });
});
