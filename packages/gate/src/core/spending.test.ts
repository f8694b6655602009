import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type GateServerLimits, gateServerLimits } from "../limits.ts";
import { type Claim, Spending } from "./spending.ts";
import { FakeSpentSet, nodeCrypto } from "./testing/fakes.ts";

const rememberUntil = 1_000_000;
const claimOf = (mark: number, isTakenUnkept = false): Claim => ({
  id: nodeCrypto.sha256(Uint8Array.of(mark >> 8, mark & 0xff)),
  rememberUntil,
  isTakenUnkept,
});

function make(own: Partial<GateServerLimits> = {}) {
  const spent = new FakeSpentSet();
  return { spent, spending: new Spending({ spent, limits: { ...gateServerLimits, ...own } }) };
}

describe("[GT12] spending", () => {
  it("takes a claim once; of two at the same time the second is busy and asks nobody", async () => {
    const { spent, spending } = make();
    const both = await Promise.all([spending.spend(claimOf(1)), spending.spend(claimOf(1))]);
    assert.deepEqual(both, ["fresh", "busy"]);
    assert.equal(await spending.spend(claimOf(1)), "used");
    assert.equal(spent.calls, 1);
  });

  it("believes the spent set, which other processes write too", async () => {
    const { spent, spending } = make();
    await spent.spend(claimOf(1).id, rememberUntil);
    assert.equal(await spending.spend(claimOf(1)), "used");
    assert.equal(spending.known(claimOf(1).id), "used");
  });

  it("is closed for newcomers and open for members while the spent set cannot be written, and catches up", async () => {
    const { spent, spending } = make();
    spent.trouble = "fails";
    assert.equal(await spending.spend(claimOf(1)), "failed");
    assert.equal(await spending.spend(claimOf(2, true)), "fresh");
    assert.equal(await spending.spend(claimOf(2, true)), "used");
    await spending.retry(0);
    assert.equal(spending.size.unkept, 1);
    spent.trouble = "none";
    await spending.retry(0);
    assert.equal(spending.size.unkept, 0);
    assert.equal(spent.ids.size, 1);
    assert.equal(await spending.spend(claimOf(2, true)), "used");
    assert.equal(await spending.spend(claimOf(1)), "fresh");
  });

  it("does not take again what was kept by a write that seemed to fail", async () => {
    const { spent, spending } = make();
    spent.trouble = "lies";
    assert.equal(await spending.spend(claimOf(1)), "failed");
    spent.trouble = "none";
    assert.equal(await spending.spend(claimOf(1)), "used");
  });

  it("forgets what it could not write once that has expired", async () => {
    const { spent, spending } = make();
    spent.trouble = "fails";
    await spending.spend(claimOf(1, true));
    await spending.retry(rememberUntil);
    assert.equal(spending.size.unkept, 0);
  });

  it("[GT12] says busy of a ticket only when the spent set does not have it", async () => {
    const { spent, spending } = make({ unkeptMax: 2 });
    spent.trouble = "lies";
    for (let i = 0; i < 2; i++) assert.equal(await spending.spend(claimOf(i, true)), "fresh");
    assert.equal(await spending.spend(claimOf(2, true)), "busy");
    spent.trouble = "none";
    await spending.retry(0);
    assert.equal(await spending.spend(claimOf(2, true)), "fresh");
  });

  it("[GT41] holds so many in flight, remembered and unkept, and no more", async () => {
    const { spent, spending } = make({ spendsInFlightMax: 4, spentRememberedMax: 8, unkeptMax: 2 });
    const crowd = Array.from({ length: 6 }, (_, i) => spending.spend(claimOf(i)));
    assert.equal(spending.size.inFlight, 4);
    assert.deepEqual((await Promise.all(crowd)).filter((each) => each === "busy").length, 2);
    for (let i = 10; i < 40; i++) await spending.spend(claimOf(i));
    assert.equal(spending.size.remembered, 8);
    spent.trouble = "fails";
    const unkept = [];
    for (let i = 50; i < 54; i++) unkept.push(await spending.spend(claimOf(i, true)));
    assert.deepEqual(unkept, ["fresh", "fresh", "busy", "busy"]);
    assert.deepEqual(spending.size, { inFlight: 0, remembered: 8, unkept: 2 });
  });

  it("never says fresh twice for one id, whatever the order, the trouble and the company", async () => {
    const step = fc.record({
      mark: fc.nat(5),
      isTakenUnkept: fc.boolean(),
      trouble: fc.constantFrom("none", "fails", "lies"),
      isAwaited: fc.boolean(),
      isRetried: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { spent, spending } = make();
        const fresh = new Map<number, number>();
        const running: Promise<void>[] = [];
        for (const { mark, isTakenUnkept, trouble, isAwaited, isRetried } of steps) {
          spent.trouble = trouble;
          const one = spending.spend(claimOf(mark, isTakenUnkept)).then((answer) => {
            if (answer === "fresh") fresh.set(mark, (fresh.get(mark) ?? 0) + 1);
          });
          running.push(one);
          if (isAwaited) await one;
          if (isRetried) running.push(spending.retry(0));
        }
        await Promise.all(running);
        for (const count of fresh.values()) assert.equal(count, 1);
      }),
    );
  });
});
