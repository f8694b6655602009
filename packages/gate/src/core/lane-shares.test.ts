import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GateMode } from "@rempart/protocol";
import fc from "fast-check";
import { gateServerLimits as limits } from "../limits.ts";
import { type EntryLane, LaneShares } from "./lane-shares.ts";

const perSecond = 1_000;
const lanes = ["B", "C", "D", "E"] as const;
const none = { B: 0, C: 0, D: 0, E: 0 };
const everything = { B: 5_000, C: 5_000, D: 5_000, E: 5_000 };

/** What each lane gets in so many seconds when it asks for so much in each of them, after the first store is used up. */
function shareOut(wanted: Readonly<Record<EntryLane, number>>, { mode = "normal" as GateMode, seconds = 10 } = {}) {
  const shares = new LaneShares({ limits, supply: { perSecond, mode }, elapsed: 0 });
  const got: Record<EntryLane, number> = { ...none };
  for (const lane of lanes) while (shares.has(lane, 0)) shares.take(lane);
  for (let elapsed = 10; elapsed <= seconds * 1_000; elapsed += 10) {
    for (const lane of lanes) {
      for (let left = wanted[lane] / 100; left >= 1 && shares.has(lane, elapsed); left -= 1) {
        shares.take(lane);
        got[lane] += 1;
      }
    }
  }
  for (const lane of lanes) got[lane] /= seconds;
  return { got, total: got.B + got.C + got.D + got.E, shares };
}

const isNear = (value: number, expected: number) => Math.abs(value - expected) <= 0.01 * perSecond;

describe("[GT50] shares", () => {
  it("are kept while all lanes want more than there is", () => {
    const { got } = shareOut(everything);
    assert.ok(
      isNear(got.B, 500) && isNear(got.C, 250) && isNear(got.D, 150) && isNear(got.E, 100),
      JSON.stringify(got),
    );
  });

  it("flow down when they are not used, and none is lost", () => {
    // What an idle lane may keep for its next burst is stored first.
    assert.ok(isNear(shareOut({ ...everything, B: 0 }, { seconds: 100 }).total, perSecond));
    const { got } = shareOut({ ...none, D: 5_000 });
    assert.ok(got.D >= 0.8 * perSecond, JSON.stringify(got));
    assert.ok(shareOut({ ...none, D: 5_000 }, { seconds: 100 }).got.D >= 0.97 * perSecond);
  });

  it("give lane E its tenth at most, and nothing in a siege, whose part is lane D's", () => {
    for (const mode of ["normal", "guarded"] as const) {
      const { got } = shareOut({ ...none, E: 5_000 }, { mode });
      assert.ok(isNear(got.E, 100), JSON.stringify(got));
    }
    const siege = shareOut(everything, { mode: "siege" });
    assert.equal(siege.got.E, 0);
    assert.ok(isNear(siege.got.D, 250) && isNear(siege.got.B, 500), JSON.stringify(siege.got));
  });

  it("let everybody in at once when it is quiet who proves anything, and whoever wants the website", () => {
    const shares = new LaneShares({ limits, supply: { perSecond, mode: "normal" }, elapsed: 0 });
    const taken = { D: 0, E: 0 };
    for (const lane of ["E", "D"] as const) {
      while (shares.has(lane, 0)) {
        shares.take(lane);
        taken[lane] += 1;
      }
    }
    assert.equal(taken.E, 0.2 * perSecond);
    assert.ok(taken.D >= 2 * perSecond);
    assert.ok(shares.has("B", 0) && shares.has("C", 0));
    assert.equal(shares.takeRest(0), false, "lane D has had it");
    assert.equal(shares.takeRest(10_000), true);
  });

  it("never admit more than there is, and never keep a lane from what it is due, whatever the others want", () => {
    const wants = fc.record({ B: fc.nat(4_000), C: fc.nat(4_000), D: fc.nat(4_000), E: fc.nat(4_000) });
    fc.assert(
      fc.property(wants, fc.constantFrom<GateMode>("normal", "guarded", "siege"), (wanted, mode) => {
        const { got, total, shares } = shareOut(wanted, { mode });
        assert.ok(total <= 1.01 * perSecond, `${total}`);
        for (const lane of lanes) {
          const due = Math.min(100 * Math.floor(wanted[lane] / 100), shares.perSecond(lane));
          assert.ok(got[lane] >= due - 0.02 * perSecond, `${lane}: ${got[lane]} of ${due}`);
        }
        // Work-conserving: what is left over was wanted by nobody, or is stored, or is closed to lane E.
        const wantedInAll = lanes.filter((lane) => lane !== "E").map((lane) => Math.floor(wanted[lane] / 100) * 100);
        const atLeast = Math.min(
          wantedInAll.reduce((a, b) => a + b, 0),
          perSecond * 0.8,
        );
        assert.ok(total >= atLeast - 0.1 * perSecond - 100, `${total} of ${atLeast}`);
      }),
      { numRuns: 60 },
    );
  });

  it("put back what came to nothing, and follow the supply down and up", () => {
    const shares = new LaneShares({ limits, supply: { perSecond: 1, mode: "siege" }, elapsed: 0 });
    for (const lane of ["B", "C", "D"] as const) {
      while (shares.has(lane, 0)) shares.take(lane);
      assert.equal(shares.has(lane, 0), false);
      shares.giveBack(lane);
      assert.equal(shares.has(lane, 0), true);
    }
    shares.supply({ perSecond: 100, mode: "normal" }, 0);
    assert.equal(shares.fullness("B", 0) < 0.5, true);
    assert.equal(shares.fullness("B", 20_000), 1);
  });
});
