import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateLimits, ticketBytes } from "@rempart/protocol";
import fc from "fast-check";
import { gateServerLimits } from "../limits.ts";
import { nodeCrypto, SeededEntropy, secret } from "./testing/fakes.ts";
import { Tickets } from "./tickets.ts";

const hourMs = 3_600_000;
const now = Date.UTC(2026, 5, 12, 9, 30);
const make = (from = secret) =>
  new Tickets({ crypto: nodeCrypto, entropy: new SeededEntropy(3), secret: from, limits: gateServerLimits });

const isGood = (tickets: Tickets, ticket: Uint8Array, at: number) => "quotaClass" in tickets.open(ticket, at);

describe("[GT10] tickets", () => {
  it("have 35 bytes, carry their quota class, and are known after a restart", () => {
    const ticket = make().seal(now, 3);
    assert.equal(ticket.length, ticketBytes);
    const opened = make().open(ticket, now);
    assert.equal("quotaClass" in opened && opened.quotaClass, 3);
  });

  it("are good for two days less what is left of an hour, and a clock jump longer", () => {
    const tickets = make();
    const ticket = tickets.seal(now, 0);
    const end = now + gateLimits.ticketLifetimeMs - hourMs / 2;
    assert.ok(isGood(tickets, ticket, end + hourMs - 1));
    assert.deepEqual(tickets.open(ticket, end + hourMs), { fault: "expired" });
    assert.deepEqual(tickets.open(ticket, now + 30 * 24 * hourMs), { fault: "expired" });
  });

  it("survive a clock that jumps an hour either way, and are refused when they come from the future", () => {
    const tickets = make();
    const ticket = tickets.seal(now, 0);
    assert.ok(isGood(tickets, ticket, now - hourMs));
    assert.ok(isGood(tickets, ticket, now + hourMs));
    assert.deepEqual(tickets.open(ticket, now - 3 * hourMs), { fault: "expired" });
  });

  it("are remembered for longer than any clock that jumps an hour can find them good", () => {
    fc.assert(
      fc.property(fc.nat(10 * 24), fc.nat(hourMs), fc.nat(3 * 24 * 60), (hour, inHour, laterMinutes) => {
        const tickets = make();
        const at = now + hour * hourMs + inHour;
        const ticket = tickets.seal(at, 0);
        const opened = tickets.open(ticket, at + laterMinutes * 60_000);
        // Once forgotten, the clock may come back by an hour: it must find the ticket expired then.
        if ("rememberUntil" in opened) assert.ok(!isGood(tickets, ticket, opened.rememberUntil - hourMs));
        else assert.ok(laterMinutes * 60_000 >= gateLimits.ticketLifetimeMs);
      }),
    );
  });

  it("are forged when any bit differs, when they are cut, or sealed with another secret", () => {
    const tickets = make();
    const ticket = tickets.seal(now, 0);
    for (let bit = 0; bit < 8 * ticketBytes; bit++) {
      const flipped = ticket.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.deepEqual(tickets.open(flipped, now), { fault: "forged" });
    }
    for (let length = 0; length < ticketBytes; length++) {
      assert.deepEqual(tickets.open(ticket.subarray(0, length), now), { fault: "forged" });
    }
    assert.deepEqual(make(secret.map((byte) => byte ^ 1)).open(ticket, now), { fault: "forged" });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const opened = tickets.open(bytes, now);
        return "fault" in opened && opened.fault === "forged";
      }),
    );
  });

  it("have keys that change from day to day, across the day on which the key numbers begin again", () => {
    const dayMs = 24 * hourMs;
    const roundAgain = Math.ceil(now / dayMs / 256) * 256 * dayMs;
    const tickets = make();
    const before = tickets.seal(roundAgain - hourMs, 0);
    assert.equal(before[0], 255);
    assert.equal(tickets.seal(roundAgain, 0)[0], 0);
    assert.ok(isGood(tickets, before, roundAgain + dayMs));
  });
});
