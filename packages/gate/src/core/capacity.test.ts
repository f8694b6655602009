import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateServerLimits } from "../limits.ts";
import { Capacity } from "./capacity.ts";

const limits = { ...gateServerLimits, connectionsMax: 100 };

describe("[GT53] capacity", () => {
  it("falls while the event loop is late, to a tenth at worst, and comes back within ten seconds", () => {
    const capacity = new Capacity(limits);
    assert.equal(capacity.perSecond, limits.admissionsPerSecond);
    capacity.tick({ loopDelayP99Ms: 30, memoryShare: 0 });
    assert.equal(capacity.perSecond, limits.admissionsPerSecond);
    for (let i = 0; i < 100; i++) capacity.tick({ loopDelayP99Ms: 500, memoryShare: 0 });
    assert.equal(capacity.perSecond, limits.admissionsPerSecond / 10);
    for (let i = 0; i < 10; i++) capacity.tick({ loopDelayP99Ms: 2, memoryShare: 0 });
    assert.equal(capacity.perSecond, limits.admissionsPerSecond);
  });

  it("has room for the upper lanes when there is none for the lower ones", () => {
    const capacity = new Capacity(limits);
    const open = (connections: number) =>
      (["B", "C", "D", "E"] as const).filter((lane) => capacity.hasRoom(lane, connections)).join("");
    assert.equal(open(70), "BCDE");
    assert.equal(open(71), "BCD");
    assert.equal(open(86), "BC");
    assert.equal(open(96), "B");
    assert.equal(open(101), "");
  });

  it("is closed for newcomers and open for members when memory is short", () => {
    const capacity = new Capacity(limits);
    capacity.tick({ loopDelayP99Ms: 1, memoryShare: 1 });
    assert.deepEqual(
      (["B", "C", "D", "E"] as const).map((lane) => capacity.hasRoom(lane, 1)),
      [true, true, false, false],
    );
    capacity.tick({ loopDelayP99Ms: 1, memoryShare: 0.9 });
    assert.equal(capacity.hasRoom("E", 1), true);
  });
});
