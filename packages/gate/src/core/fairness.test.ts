import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateServerLimits } from "../limits.ts";
import { Fairness } from "./fairness.ts";
import { sourceOf } from "./testing/fakes.ts";

const make = (own = {}) => new Fairness({ ...gateServerLimits, ...own });

describe("[GT52] the newcomers' lane", () => {
  it("is open to everybody while it is half full", () => {
    const fairness = make();
    for (let i = 0; i < 100; i++) fairness.serve(sourceOf(1), 0);
    assert.equal(fairness.isDue(sourceOf(1), { fullness: 0.5, elapsed: 0 }), true);
  });

  it("is fair by prefix as it runs dry: who was not served of late goes first", () => {
    const fairness = make();
    fairness.serve(sourceOf(1), 0);
    assert.equal(fairness.isDue(sourceOf(1), { fullness: 0.4, elapsed: 0 }), true);
    assert.equal(fairness.isDue(sourceOf(1), { fullness: 0.05, elapsed: 0 }), false);
    assert.equal(fairness.isDue(sourceOf(2), { fullness: 0.05, elapsed: 0 }), true);
    assert.equal(fairness.isDue(sourceOf(1), { fullness: 0.05, elapsed: 60_000 }), true);
  });

  it("is then fair by network: one that has a thousand prefixes does not get a thousand parts", () => {
    const fairness = make();
    for (let i = 0; i < 200; i++) fairness.serve(sourceOf(i, 1), 0);
    for (let network = 2; network < 10; network++) fairness.serve(sourceOf(1_000 + network, network), 0);
    assert.equal(fairness.isDue(sourceOf(500, 1), { fullness: 0.1, elapsed: 0 }), false);
    assert.equal(fairness.isDue(sourceOf(501, 2), { fullness: 0.1, elapsed: 0 }), true);
    assert.equal(fairness.isDue(sourceOf(502, 99), { fullness: 0.1, elapsed: 0 }), true);
    assert.equal(fairness.isDue(sourceOf(500, 1), { fullness: 0.3, elapsed: 0 }), true);
  });

  it("does not hold the network against anybody where no table of networks is known", () => {
    const fairness = make();
    for (let i = 0; i < 200; i++) fairness.serve(sourceOf(i, 0), 0);
    assert.equal(fairness.isDue(sourceOf(500, 0), { fullness: 0.1, elapsed: 0 }), true);
  });

  it("[GT41] is bounded", () => {
    const fairness = make({ prefixesMax: 20, networksMax: 10 });
    for (let i = 0; i < 500; i++) fairness.serve(sourceOf(i, i), 0);
    assert.deepEqual(fairness.size, { prefixes: 20, networks: 10 });
  });
});
