import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, gateLimits, type Proof, proofCodec, toHex } from "@rempart/protocol";
import fc from "fast-check";
import { HandClock } from "../connection/hand-clock.fixture.ts";
import { clientLimits } from "../limits.ts";
import { Entrance, type Visit } from "./entrance.ts";
import { admitted, FakePurse, fakeWallet, refused, server, ticketOf } from "./gate.fixture.ts";

function setUp() {
  const clock = new HandClock();
  clock.time = 1_800_000_000_000;
  const wallet = fakeWallet(clock);
  const purse = new FakePurse();
  return { clock, wallet, purse, entrance: new Entrance({ wallet, purse, clock }) };
}

const shown = ({ proof }: Visit): Proof => decode(proofCodec, proof);
const kinds = (entrance: Entrance, count: number) =>
  Array.from({ length: count }, () => shown(entrance.visit(server)).kind);
const work = {
  kind: "work",
  seed: new Uint8Array(16),
  nonce: new Uint8Array(16),
  effort: 1,
  solution: new Uint8Array(8),
} as const;

test("a ticket goes before a token, a token before solved work, and work before nothing", () => {
  const { clock, wallet, purse, entrance } = setUp();
  wallet.keep(server, [ticketOf(1)]);
  purse.fill(1);
  entrance.keepWork({ server, work, until: clock.now() + 1 });
  assert.deepEqual(kinds(entrance, 4), ["ticket", "token", "work", "none"]);
});

test("[GT3] busy has what was shown put back, whatever it was", () => {
  const { clock, wallet, purse, entrance } = setUp();
  wallet.keep(server, [ticketOf(1)]);
  purse.fill(1);
  entrance.keepWork({ server, work, until: clock.now() + 1 });
  for (const kind of ["ticket", "token", "work"]) {
    const visit = entrance.visit(server);
    assert.equal(shown(visit).kind, kind);
    visit.answered(refused({ reason: "busy" }));
    const again = entrance.visit(server);
    assert.deepEqual(again.proof, visit.proof);
    again.answered(refused({ reason: "prove" }));
  }
  assert.equal(entrance.hasProof(server), false);
});

test("after a few that were turned down, no more are shown until the gate has let us in", () => {
  const { wallet, purse, entrance } = setUp();
  wallet.keep(server, [ticketOf(1), ticketOf(2)]);
  purse.fill(3);
  for (let i = 0; i < clientLimits.proofsTurnedDownMax; i++) {
    entrance.visit(server).answered(refused({ reason: "prove" }));
  }
  assert.equal(entrance.hasProof(server), false);
  const visit = entrance.visit(server);
  assert.equal(shown(visit).kind, "none");
  visit.answered(admitted());
  assert.deepEqual(kinds(entrance, 3), ["token", "token", "none"]);
});

test("without an answer, or after one that is none, what was shown is gone", () => {
  const { wallet, purse, entrance } = setUp();
  wallet.keep(server, [ticketOf(1), ticketOf(2)]);
  purse.fill(2);
  entrance.visit(server);
  assert.throws(() => entrance.visit(server).answered(Uint8Array.of(7, 7)), { code: "ERR_MALFORMED" });
  entrance.visit(server);
  assert.throws(() => entrance.visit(server).answered(new Uint8Array(gateLimits.verdictBytesMax + 1)), {
    code: "ERR_TOO_LARGE",
  });
  assert.equal(entrance.hasProof(server), false);
});

test("an admission's tickets are kept for that server, and one by token says that tokens are used up", () => {
  const { purse, entrance } = setUp();
  purse.fill(1);
  entrance.visit(server).answered(admitted(ticketOf(1), ticketOf(2)));
  assert.equal(purse.refills, 1);
  assert.equal(entrance.hasTicket("https://example.net"), false);
  assert.deepEqual(kinds(entrance, 3), ["ticket", "ticket", "none"]);
});

test("tickets that have run out are not shown, and those that seem to come from the future are", () => {
  const { clock, wallet, entrance } = setUp();
  wallet.keep(server, [ticketOf(1)]);
  clock.time += gateLimits.ticketLifetimeMs;
  assert.equal(entrance.hasTicket(server), false);
  clock.time -= 2 * gateLimits.ticketLifetimeMs;
  assert.deepEqual(kinds(entrance, 2), ["ticket", "none"]);
});

test("work is shown only while its seed is good, and only to the server that it names", () => {
  const { clock, entrance } = setUp();
  entrance.keepWork({ server, work, until: clock.now() + 5 });
  assert.equal(shown(entrance.visit("https://example.net")).kind, "none");
  clock.time += 5;
  assert.equal(shown(entrance.visit(server)).kind, "none");
});

test("a server that hands out tickets without end fills no disk", () => {
  const { wallet } = setUp();
  for (let mark = 0; mark < 3 * clientLimits.ticketsKeptMax; mark++) wallet.keep(server, [ticketOf(mark)]);
  assert.equal(wallet.count(server), clientLimits.ticketsKeptMax);
});

/** What a gate, or the network in front of it, may do to one visit. */
const fates = fc.constantFrom("busy", "prove", "gone", "lost", "junk", "admitted");

test("[GT10] whatever is answered, no ticket and no token is lost unshown, or shown twice without a busy in between", () => {
  fc.assert(
    fc.property(fc.array(fates, { maxLength: 40 }), fc.nat(4), fc.nat(4), (answers, tickets, tokens) => {
      const { wallet, purse, entrance } = setUp();
      let issued = 0;
      const issue = () => ticketOf(++issued);
      wallet.keep(server, Array.from({ length: tickets }, issue));
      purse.fill(tokens);
      const spent = new Set<string>();
      for (const answer of answers) {
        const visit = entrance.visit(server);
        const proof = shown(visit);
        const id = toHex(visit.proof);
        assert.ok(proof.kind === "none" || !spent.has(id), "shown again");
        if (answer === "busy") visit.answered(refused({ reason: "busy" }));
        else if (proof.kind !== "none") spent.add(id);
        if (answer === "prove" || answer === "gone") visit.answered(refused({ reason: answer }));
        if (answer === "junk") assert.throws(() => visit.answered(new Uint8Array(3)));
        if (answer === "admitted") visit.answered(proof.kind === "ticket" ? admitted(issue()) : admitted());
        assert.equal(wallet.count(server) + purse.count() + spent.size, issued + tokens);
      }
    }),
  );
});
