import assert from "node:assert/strict";
import { test } from "node:test";
import { gateLimits, tokenBytes } from "@rempart/protocol";
import fc from "fast-check";
import { clientLimits } from "../../limits.ts";
import { openSqliteStore } from "../../platform/node/index.ts";
import { openTables } from "../../store/index.ts";
import { Purse } from "./purse.ts";

const dayMs = 86_400_000;
const today = 20_833;
const server = "https://example.org";

function setUp() {
  const store = openSqliteStore(":memory:");
  const clock = { time: today * dayMs + 5 * 3_600_000, now: () => clock.time };
  const origin = { server };
  const { tokens } = openTables(store);
  const write = <T>(work: () => T) => store.transaction(work);
  const purse = new Purse({ tokens, clock, write, server: () => origin.server, refill: () => undefined });
  const fill = (day: number, count: number, of = server) => {
    for (let i = 0; i < count; i++) {
      const token = new Uint8Array(tokenBytes).fill(i);
      new DataView(token.buffer).setUint32(0, day);
      write(() => tokens.add({ server: of, day, token }));
    }
  };
  return { purse, fill, clock, origin };
}

test("the oldest that is good comes first, and what has ended does not come at all", () => {
  const { purse, fill, clock } = setUp();
  fill(today, 2);
  fill(today - gateLimits.tokenDaysKept, 1);
  fill(today - gateLimits.tokenDaysKept - 1, 3);
  assert.equal(purse.count(), 3);
  assert.deepEqual([purse.take()?.day, purse.take()?.day], [today - gateLimits.tokenDaysKept, today]);
  clock.time += (gateLimits.tokenDaysKept + 1) * dayMs;
  assert.equal(purse.count(), 0);
  assert.equal(purse.take(), undefined);
});

test("a clock that is an hour ahead hides no token that is good", () => {
  const { purse, fill, clock } = setUp();
  fill(today, 1);
  clock.time = (today + 1 + gateLimits.tokenDaysKept) * dayMs + 3_599_999;
  assert.equal(purse.count(), 1);
});

test("tokens are of one server", () => {
  const { purse, fill, origin } = setUp();
  fill(today, 1, "https://other.example");
  assert.equal(purse.take(), undefined);
  origin.server = "https://other.example";
  assert.equal(purse.take()?.server, "https://other.example");
});

test("[GT35] invitations get the newest, and leave a reserve", () => {
  const { purse, fill } = setUp();
  fill(today - 3, clientLimits.tokensReserve);
  fill(today, 3);
  assert.deepEqual(
    [purse.takeSpare(2), purse.takeSpare(2), purse.takeSpare(2)].map((taken) => taken.map(({ day }) => day - today)),
    [[0, 0], [0], []],
  );
  assert.equal(purse.count(), clientLimits.tokensReserve);
});

test("whatever is taken and put back, no token is out twice, and none is lost", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("take", "putBack", "spare", "spend"), { maxLength: 60 }), (steps) => {
      const { purse, fill } = setUp();
      fill(today, 12);
      const out = new Map<string, NonNullable<ReturnType<typeof purse.take>>>();
      let spent = 0;
      for (const step of steps) {
        const taken = step === "take" ? [purse.take()] : step === "spare" ? purse.takeSpare(2) : [];
        for (const held of taken) {
          if (held === undefined) continue;
          assert.ok(!out.has(held.token.join()));
          out.set(held.token.join(), held);
        }
        const [first] = out;
        if (first === undefined) continue;
        if (step === "putBack") purse.putBack(first[1]);
        if (step === "spend") spent += 1;
        if (step === "putBack" || step === "spend") out.delete(first[0]);
      }
      assert.equal(purse.count() + out.size + spent, 12);
    }),
    { numRuns: 50 },
  );
});
