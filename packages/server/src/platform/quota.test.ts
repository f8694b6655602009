import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Quota } from "./quota.ts";

const limits = { framesPerSecondMax: 3, receivedBytesPerSecondMax: 100, controlsPerSecondMax: 2 };

describe("the quota of a connection", () => {
  it("lets so many messages in a second, and says how long to rest after that", () => {
    const quota = new Quota(limits);
    assert.deepEqual([quota.takeFrame(1, 5_000), quota.takeFrame(1, 5_100), quota.takeFrame(1, 5_400)], [0, 0, 600]);
    assert.equal(quota.takeFrame(1, 5_500), 500);
    assert.equal(quota.takeFrame(1, 6_000), 0);
  });

  it("counts bytes as well", () => {
    const quota = new Quota(limits);
    assert.deepEqual([quota.takeFrame(99, 0), quota.takeFrame(1, 250)], [0, 750]);
  });

  it("counts pings and pongs by themselves", () => {
    const quota = new Quota(limits);
    assert.deepEqual(
      [0, 1, 2].map((elapsed) => quota.takeControl(elapsed)),
      [true, true, false],
    );
    assert.equal(quota.takeFrame(1, 3), 0);
    assert.equal(quota.takeControl(1_000), true);
  });
});
