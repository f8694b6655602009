import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GateMode } from "@rempart/protocol";
import { type GateServerLimits, gateServerLimits } from "../limits.ts";
import { GateCounters } from "./counters.ts";
import { Doorstep } from "./doorstep.ts";
import { PrefixBook } from "./prefix-book.ts";
import { sourceOf } from "./testing/fakes.ts";
import type { Source } from "./types.ts";

function make(own: Partial<GateServerLimits> = {}) {
  const limits: GateServerLimits = { ...gateServerLimits, acceptBurstMs: 1_000, ...own };
  const book = new PrefixBook(limits);
  const counters = new GateCounters(limits);
  const doorstep = new Doorstep({ limits, counters, book, elapsed: 0 });
  /** How many of this source are let in, one after another, of so many. */
  const accepted = (source: Source, count: number, { elapsed = 0, mode = "normal" as GateMode } = {}) => {
    let taken = 0;
    for (let i = 0; i < count; i++) {
      if (doorstep.refusal(source, { elapsed, mode }) !== undefined) continue;
      doorstep.take(source, { elapsed, mode });
      taken += 1;
    }
    return taken;
  };
  return { limits, book, counters, doorstep, accepted };
}

describe("[GT42] accepting", () => {
  it("gives every prefix so many in a second, fewer as the mode is worse", () => {
    const { limits, accepted } = make();
    const perMode = {
      normal: limits.acceptPerPrefixPerSecondNormal,
      guarded: limits.acceptPerPrefixPerSecondGuarded,
      siege: limits.acceptPerPrefixPerSecondSiege,
    };
    const modes = ["normal", "guarded", "siege"] as const;
    for (const [i, mode] of modes.entries()) {
      const options = { elapsed: 0, mode };
      assert.equal(accepted(sourceOf(i), Math.min(1_000, perMode[mode] + 5), options), Math.min(1_000, perMode[mode]));
      if (mode === "siege") assert.equal(accepted(sourceOf(i), 99, { elapsed: 500, mode }), perMode.siege / 2);
    }
  });

  it("gives a prefix that members came from many times as many", () => {
    const { limits, book, accepted } = make();
    book.trust(sourceOf(1), 0);
    const each = limits.acceptPerPrefixPerSecondSiege * limits.trustedPrefixFactor;
    assert.equal(accepted(sourceOf(1), 1_000, { mode: "siege" }), each);
  });

  it("keeps part of what all share for prefixes that members came from", () => {
    const { book, accepted, doorstep } = make({ acceptPerSecond: 100, acceptReservedPercent: 25 });
    let strangers = 0;
    for (let i = 0; i < 200; i++) strangers += accepted(sourceOf(i), 1);
    assert.equal(strangers, 75);
    assert.equal(doorstep.refusal(sourceOf(201), { elapsed: 0, mode: "normal" }), "accept-rate");
    book.trust(sourceOf(202), 0);
    assert.equal(accepted(sourceOf(202), 100), 25);
    assert.equal(accepted(sourceOf(203), 1, { elapsed: 500 }), 1);
  });

  it("refuses the denied, prefixes with too many open, and everybody when there is no room", () => {
    const { limits, book, counters, doorstep, accepted } = make({ unadmittedPerPrefixMax: 3, unadmittedMax: 100 });
    const view = { elapsed: 0, mode: "normal" } as const;
    for (let i = 0; i < limits.invalidProofsMax; i++) book.offend(sourceOf(1).prefix, 0);
    assert.equal(doorstep.refusal(sourceOf(1), view), "accept-denied");
    assert.equal(accepted(sourceOf(2), 10), 3);
    assert.equal(doorstep.refusal(sourceOf(2), view), "accept-prefix");
    doorstep.release(sourceOf(2));
    assert.equal(doorstep.refusal(sourceOf(2), view), undefined);
    counters.open.peek = 75;
    assert.equal(doorstep.refusal(sourceOf(3), view), "accept-full");
    book.trust(sourceOf(3), 0);
    assert.equal(doorstep.refusal(sourceOf(3), view), undefined);
    counters.open.peek = 100;
    assert.equal(doorstep.refusal(sourceOf(3), view), "accept-full");
  });

  it("[GT41] remembers so many prefixes and no more, and nothing of a connection that has gone", () => {
    const { doorstep, accepted } = make({ prefixesMax: 10 });
    for (let i = 0; i < 500; i++) {
      accepted(sourceOf(i), 1);
      doorstep.release(sourceOf(i));
    }
    assert.deepEqual(doorstep.size, { buckets: 10, unadmitted: 0 });
  });
});
