import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rankOf, Shedding } from "./shedding.ts";
import { nodeCrypto } from "./testing/fakes.ts";

describe("[GT51] shedding", () => {
  it("keeps as many ranks as there was room for, and half as many again each second once there is room", () => {
    const shedding = new Shedding();
    for (let i = 0; i < 100; i++) {
      if (i < 25) shedding.countTaken();
      else shedding.countMissed();
    }
    shedding.tick();
    assert.equal(shedding.kept, 0.25);
    assert.equal(
      shedding.isKept(() => 0.2),
      true,
    );
    assert.equal(
      shedding.isKept(() => 0.3),
      false,
    );
    shedding.tick();
    assert.equal(shedding.kept, 0.375);
    for (let i = 0; i < 3; i++) shedding.tick();
    assert.equal(shedding.kept, 1);
  });

  it("never closes a lane for good", () => {
    const shedding = new Shedding();
    for (let i = 0; i < 100; i++) {
      shedding.countMissed();
      shedding.tick();
    }
    for (let i = 0; i < 10; i++) shedding.tick();
    assert.equal(shedding.kept, 1);
  });

  it("draws a rank that is even, lasts an hour, and is drawn anew in the next", () => {
    const now = Date.UTC(2026, 5, 12, 9);
    const ids = Array.from({ length: 1_000 }, (_, i) => nodeCrypto.sha256(Uint8Array.of(i >> 8, i & 0xff)));
    const ranks = ids.map((id) => rankOf(nodeCrypto, { id, now }));
    assert.deepEqual(
      ids.map((id) => rankOf(nodeCrypto, { id, now: now + 3_599_999 })),
      ranks,
    );
    assert.notDeepEqual(
      ids.map((id) => rankOf(nodeCrypto, { id, now: now + 3_600_000 })),
      ranks,
    );
    const low = ranks.filter((rank) => rank < 0.25).length;
    assert.ok(low > 200 && low < 300, `${low}`);
    assert.ok(ranks.every((rank) => rank >= 0 && rank < 1));
  });
});
