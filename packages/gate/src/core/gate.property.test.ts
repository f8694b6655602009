import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateLimits, toHex } from "@rempart/protocol";
import fc from "fast-check";
import { gateServerLimits } from "../limits.ts";
import { arrived, makeWorld, quietLoad, settled, sourceOf } from "./testing/fakes.ts";
import { nothing, ticketProof, tokenBytesOf, tokenProof, workProof } from "./testing/proofs.ts";
import type { Visit } from "./visit.ts";

/** Small, so that a few dozen steps reach every one of them. */
const small = {
  prefixesMax: 8,
  networksMax: 4,
  unadmittedMax: 12,
  spendsInFlightMax: 3,
  unkeptMax: 4,
  handshakesWaitingMax: 5,
  handshakesInFlightMax: 6,
  effortFloor: 1,
};

const stepKinds = [
  "token",
  "token",
  "ticket",
  "ticket",
  "ticket",
  "work",
  "none",
  "junk",
  "hello",
  "next",
  "close",
  "sweep",
  "second",
  "outage",
  "jump",
  "restart",
] as const;
const step = fc.record({
  kind: fc.constantFrom(...stepKinds),
  which: fc.nat(30),
  prefix: fc.nat(40),
  isAwaited: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe("whatever comes", () => {
  it("[GT11] nothing is admitted twice, no more is spent than was issued, and [GT41] every table is bounded", async () => {
    // Solved once, for solving takes longer than everything else here.
    const first = makeWorld(small);
    const works = [1, 2].map((nonce) => workProof(first.gate.puzzle, { nonce }));
    const check = async (steps: readonly Step[]) => {
      const world = makeWorld(small);
      let { gate } = world;
      const tickets: Uint8Array[] = [];
      const admitted = new Map<string, number>();
      const open: Visit[] = [];
      let tokensIssued = 0;
      // Not both a restart and an outage: then only the memory of a process that is no more knew ([GT12]).
      let hadOutage = false;
      let hasRestarted = false;
      const show = (proof: Uint8Array, prefix: number): Promise<void> => {
        const visit = gate.arrive(sourceOf(prefix, prefix));
        if (typeof visit === "string") return Promise.resolve();
        visit.enter("head");
        visit.enter("proof");
        open.push(visit);
        return visit.prove(proof).then((verdict) => {
          if (verdict.kind !== "admitted") return;
          tickets.push(...verdict.tickets);
          if (proof.length > 1) admitted.set(toHex(proof), (admitted.get(toHex(proof)) ?? 0) + 1);
        });
      };
      const token = (mark: number) => {
        const bytes = tokenBytesOf(mark);
        if (!world.tokens.issued.has(Buffer.from(bytes).toString("hex"))) tokensIssued += 1;
        return tokenProof(world.tokens.issue(bytes));
      };
      for (const { kind, which, prefix, isAwaited } of steps) {
        const running: Promise<void>[] = [];
        if (kind === "token") running.push(show(token(which % 6), prefix), show(token(which % 6), prefix + 1));
        if (kind === "ticket")
          running.push(show(ticketProof(tickets[which % Math.max(1, tickets.length)] ?? new Uint8Array(35)), prefix));
        if (kind === "work") running.push(show(works[which % 2] ?? nothing, prefix));
        if (kind === "none") running.push(show(nothing, prefix));
        if (kind === "junk") running.push(show(Uint8Array.of(which), prefix));
        if (kind === "outage" && !hasRestarted) {
          world.spent.trouble = (["none", "fails", "lies"] as const)[which % 3] ?? "none";
          hadOutage = true;
        }
        if (kind === "jump") world.clock.jump(which % 2 === 0 ? 3_600_000 : -3_600_000);
        if (kind === "restart" && !hadOutage && gate.sizes.spendsInFlight === 0) {
          gate = world.restarted();
          hasRestarted = true;
        }
        if (kind === "second") {
          world.clock.advance(1_000);
          gate.tick({ ...quietLoad, handshakeQueueAgeMs: which * 100 });
        }
        if (kind === "hello") {
          const visit = gate.arrive(sourceOf(prefix));
          if (typeof visit !== "string") {
            visit.hello = which % 3 === 0 ? "member" : "stranger";
            visit.enter("tls");
            if (gate.handshakes.push(visit) !== undefined) visit.lost("tls-shed");
            else open.push(visit);
          }
        }
        if (kind === "next") gate.handshakes.next();
        if (kind === "sweep") for (const visit of gate.handshakes.sweep()) visit.lost("tls-shed");
        if (kind === "close") {
          const [visit] = open.splice(which % Math.max(1, open.length), 1);
          if (visit !== undefined) {
            gate.handshakes.drop(visit);
            visit.lost("proof-reset");
            visit.leave();
          }
        }
        if (isAwaited) await Promise.all(running);

        const { sizes } = gate;
        for (const size of ["trusted", "offences", "buckets", "servedPrefixes"] as const)
          assert.ok(sizes[size] <= small.prefixesMax, size);
        assert.ok(sizes.unadmittedPrefixes <= small.unadmittedMax);
        assert.ok(sizes.servedNetworks <= small.networksMax);
        assert.ok(sizes.spendsInFlight <= small.spendsInFlightMax);
        assert.ok(sizes.spentUnkept <= small.unkeptMax);
        assert.ok(sizes.handshakesWaiting <= 4 * small.handshakesWaitingMax);
        assert.ok(sizes.handshakesInFlight <= small.handshakesInFlightMax);
        assert.ok(gate.counters.unadmitted >= 0 && gate.counters.unadmitted <= small.unadmittedMax);
        assert.ok(gate.counters.prefixes.counts.size <= small.prefixesMax);
        assert.ok(gate.effort <= gateLimits.effortMax);
      }
      await settled();
      for (const [proof, times] of admitted)
        assert.equal(times, 1, `${proof.slice(0, 20)} was admitted ${times} times`);
      assert.ok(world.spent.ids.size <= tokensIssued + tickets.length + works.length, "spent ≤ issued");
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 200, size: "max" }), check), {
      numRuns: 150,
      endOnFailure: true,
    });
  });
});

describe("a ticket holder, while fifty times as many strangers come", () => {
  it("[GT44] gets his handshake and his admission within a bounded time, and strangers of few prefixes too", async () => {
    const world = makeWorld({ effortFloor: 1 });
    const { gate, clock } = world;
    const tickets: Uint8Array[] = [];
    for (let mark = 0; mark < 40; mark++) {
      const visit = arrived(gate, sourceOf(60_000 + mark));
      const verdict = await visit.prove(tokenProof(world.tokens.issue(tokenBytesOf(mark))));
      if (verdict.kind === "admitted") tickets.push(...verdict.tickets);
      visit.leave();
    }
    const waits: number[] = [];
    const strangerWaits: number[] = [];
    const since = new Map<Visit, number>();
    const stalled: Visit[] = [];
    let prefix = 0;
    for (let ms = 0; ms < 10_000; ms += 2, clock.advance(2)) {
      // 1,000 hostile hellos a second, from thousands of prefixes; 20 members and two honest newcomers.
      for (let i = 0; i < 2; i++) comes(sourceOf(prefix++ % 4_000), "stranger");
      if (ms % 50 === 0) comes(sourceOf(50_000 + ((ms / 50) % 40)), "member");
      if (ms % 500 === 0) comes(sourceOf(55_000 + ms / 500, 7), "stranger");
      if (ms % 1_000 === 0) gate.tick({ ...quietLoad, handshakeQueueAgeMs: gate.handshakes.oldestAgeMs });
      for (let visit = gate.handshakes.next(); visit !== undefined; visit = gate.handshakes.next()) await goesOn(visit);
      for (const visit of gate.handshakes.sweep()) visit.lost("tls-shed");
      while ((stalled[0]?.deadlineMs() ?? 1) <= 0) stalled.shift()?.lost("proof-timeout");
    }
    assert.equal(gate.mode, "siege");
    assert.equal(waits.length, 200);
    assert.ok(Math.max(...waits) <= 100, `${Math.max(...waits)} ms`);
    assert.ok(strangerWaits.length >= 0.8 * 20, `${strangerWaits.length} of 20 honest newcomers`);

    function comes(source: ReturnType<typeof sourceOf>, hello: "member" | "stranger"): void {
      const visit = gate.arrive(source);
      if (typeof visit === "string") return;
      visit.enter("peek");
      visit.hello = hello;
      visit.enter("tls");
      if (gate.handshakes.push(visit) !== undefined) visit.lost("tls-shed");
      else since.set(visit, clock.elapsedMs);
    }

    /** Its handshake is done: members show a ticket, honest newcomers have got this far, the others say nothing. */
    async function goesOn(visit: Visit): Promise<void> {
      const waited = clock.elapsedMs - (since.get(visit) ?? 0);
      gate.handshakes.finished(visit, 0.8);
      visit.enter("head");
      if (visit.hello === "member") {
        visit.enter("proof");
        const ticket = tickets.shift();
        assert.ok(ticket !== undefined, "there is a ticket left");
        const verdict = await visit.prove(ticketProof(ticket));
        assert.equal(verdict.kind, "admitted");
        if (verdict.kind === "admitted") tickets.push(...verdict.tickets);
        waits.push(waited);
        visit.leave();
      } else if (visit.source.network === 7) {
        strangerWaits.push(waited);
        visit.lost("head-reset");
      } else stalled.push(visit);
    }
  });

  it("[GT51] is admitted within a bounded time however many other members come at once", async () => {
    const world = makeWorld({ admissionsPerSecond: 50 });
    const { gate, clock } = world;
    const waiting = Array.from({ length: 2_000 }, (_, mark) => ({ mark, dueAt: clock.elapsedMs }));
    const until = clock.elapsedMs + 180_000;
    while (waiting.length > 0) {
      assert.ok(clock.elapsedMs < until, `${waiting.length} are not in`);
      for (const one of waiting.filter(({ dueAt }) => dueAt <= clock.elapsedMs)) {
        const visit = arrived(gate, sourceOf(one.mark));
        const verdict = await visit.prove(tokenProof(world.tokens.issue(tokenBytesOf(one.mark))));
        if (verdict.kind === "admitted") waiting.splice(waiting.indexOf(one), 1);
        else one.dueAt = clock.elapsedMs + verdict.retryAfterMs;
        visit.leave();
      }
      clock.advance(1_000);
      gate.tick(quietLoad);
    }
    assert.equal(gate.counters.admitted.C, 2_000);
    assert.ok(gateServerLimits.retryMsMax <= 60_000);
  });
});
