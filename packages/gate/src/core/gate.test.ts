import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode, encode, gateLimits, proofCodec, type Verdict, verdictCodec } from "@rempart/protocol";
import { Gate } from "./gate.ts";
import { arrived, type FakeWorld, host, makeWorld, quietLoad, secret, sourceOf } from "./testing/fakes.ts";
import { admitByToken, nothing, ticketProof, tokenBytesOf, tokenProof, workProof } from "./testing/proofs.ts";
import type { Load, Outcome, Source } from "./types.ts";

/** Shows a proof and gives the verdict in few words. */
async function show(world: Pick<FakeWorld, "gate">, proof: Uint8Array, source: Source = sourceOf(1)): Promise<Verdict> {
  const visit = arrived(world.gate, source);
  const verdict = await visit.prove(proof);
  // Every verdict can be said on the wire.
  assert.deepEqual(decode(verdictCodec, encode(verdictCodec, verdict)).kind, verdict.kind);
  assert.equal(visit.stage, verdict.kind === "admitted" ? "admitted" : "closed");
  return verdict;
}

const words = (verdict: Verdict) =>
  verdict.kind === "admitted" ? `admitted ${verdict.tickets.length}` : verdict.reason;
const count = ({ gate }: Pick<FakeWorld, "gate">, outcome: Outcome) => gate.counters.lost.get(outcome) ?? 0;

function besiege({ gate, clock }: FakeWorld, load: Partial<Load> = { handshakeQueueAgeMs: 5_000 }, seconds = 2): void {
  for (let i = 0; i < seconds; i++) {
    clock.advance(1_000);
    gate.tick({ ...quietLoad, ...load });
  }
}

describe("[GT2] lanes", () => {
  it("let in by ticket, token, work and nothing, with one, two and no tickets [GT10]", async () => {
    const world = makeWorld({ effortFloor: 1 });
    const { tickets } = await admitByToken(world, { source: sourceOf(1), mark: 1 });
    assert.equal(tickets.length, 2);
    assert.equal(words(await show(world, ticketProof(tickets[0] ?? nothing))), "admitted 1");
    assert.equal(words(await show(world, workProof(world.gate.puzzle, { nonce: 1 }))), "admitted 0");
    assert.equal(words(await show(world, nothing)), "admitted 0");
    assert.deepEqual(world.gate.counters.admitted, { A: 0, B: 1, C: 1, D: 1, E: 1 });
    assert.equal(world.gate.counters.open.admitted, 4);
    assert.equal(world.gate.counters.ticketsIssued, 3);
  });

  it("say by which of them somebody came, and with what quotas", async () => {
    const { visit } = await admitByToken(makeWorld(), { source: sourceOf(1), mark: 1 });
    assert.deepEqual([visit.lane, visit.quotaClass, visit.stage], ["C", 0, "admitted"]);
    assert.equal(visit.deadlineMs(), Number.POSITIVE_INFINITY);
  });

  it("close from below: nobody without proof in a siege, and those who work and who belong go on", async () => {
    const world = makeWorld({ effortFloor: 1 });
    const { tickets } = await admitByToken(world, { source: sourceOf(1), mark: 1 });
    besiege(world);
    assert.equal(world.gate.mode, "siege");
    assert.equal(world.gate.modeReason, "handshakes wait");
    const refused = await show(world, nothing);
    assert.equal(words(refused), "prove");
    assert.ok(refused.kind === "refused" && refused.puzzle !== undefined);
    assert.equal(words(await show(world, workProof(refused.puzzle, { nonce: 1 }))), "admitted 0");
    assert.equal(words(await show(world, ticketProof(tickets[0] ?? nothing))), "admitted 1");
    assert.equal(count(world, "none-shed"), 1);
  });
});

describe("[GT1] one try", () => {
  it("refuses a second proof on the same connection", async () => {
    const { gate } = makeWorld();
    const visit = arrived(gate);
    const [first, second] = await Promise.all([visit.prove(nothing), visit.prove(nothing)]);
    assert.deepEqual([words(first), words(second)], ["admitted 0", "prove"]);
    assert.equal(gate.counters.open.admitted, 1);
  });

  it("refuses what is no proof, and what is too long", async () => {
    const world = makeWorld();
    for (const bytes of [new Uint8Array(0), Uint8Array.of(9), new Uint8Array(gateLimits.proofBytesMax + 1)]) {
      assert.equal(words(await show(world, bytes)), "prove");
    }
    assert.equal(count(world, "proof-junk"), 3);
    assert.equal(world.gate.counters.invalidProofs, 3);
  });
});

describe("[GT11] what is good once", () => {
  it("is refused when it is shown again, at the same time, later, and after a restart", async () => {
    const world = makeWorld();
    const proof = tokenProof(world.tokens.issue(tokenBytesOf(1)));
    const both = await Promise.all([show(world, proof), show(world, proof)]);
    assert.deepEqual(both.map(words).sort(), ["admitted 2", "busy"]);
    assert.equal(words(await show(world, proof)), "prove");
    assert.equal(words(await show({ gate: world.restarted() }, proof)), "prove");
    assert.equal(world.tokens.checks, 2, "what is in flight or was used of late is not verified again");
    const [admitted] = both.filter((verdict) => verdict.kind === "admitted");
    const ticket = ticketProof(admitted?.kind === "admitted" ? (admitted.tickets[0] ?? nothing) : nothing);
    assert.equal(words(await show(world, ticket)), "admitted 1");
    assert.equal(words(await show(world, ticket)), "prove");
    assert.equal(words(await show({ gate: world.restarted() }, ticket)), "prove");
  });

  it("is not another token when only its signature differs", async () => {
    const world = makeWorld();
    const token = world.tokens.issue(tokenBytesOf(1));
    const twin = token.slice();
    twin[twin.length - 1] = 1;
    world.tokens.issue(twin);
    assert.equal(words(await show(world, tokenProof(token))), "admitted 2");
    assert.equal(words(await show(world, tokenProof(twin))), "prove");
  });

  it("is used up when its holder went before the answer, and he is not counted as inside", async () => {
    const world = makeWorld();
    const proof = tokenProof(world.tokens.issue(tokenBytesOf(1)));
    const visit = arrived(world.gate);
    const verdict = visit.prove(proof);
    visit.lost("proof-reset");
    assert.equal(words(await verdict), "admitted 2");
    assert.deepEqual([visit.stage, world.gate.counters.open.admitted], ["closed", 0]);
    assert.equal(words(await show(world, proof)), "prove");
  });

  it("stays good for its whole time when a clock jumps an hour either way, and is never good twice", async () => {
    const world = makeWorld({ effortFloor: 1 });
    const { clock, spent, tokens } = world;
    const { tickets } = await admitByToken(world, { source: sourceOf(1), mark: 1 });
    const work = workProof(world.gate.puzzle, { nonce: 1 });
    const proofs = [ticketProof(tickets[0] ?? nothing), tokenProof(tokens.issue(tokenBytesOf(2))), work];
    for (const proof of proofs) assert.ok(words(await show(world, proof)).startsWith("admitted"));
    for (const jump of [3_600_000, -3_600_000, -3_600_000, 3_600_000]) {
      clock.jump(jump);
      spent.sweep(clock.now());
      const again = world.restarted();
      for (const proof of proofs) assert.equal(words(await show({ gate: again }, proof)), "prove");
    }
    clock.jump(3_600_000);
    assert.equal(words(await show(world, ticketProof(tickets[1] ?? nothing))), "admitted 1");
  });
});

describe("[GT12] without the spent set", () => {
  it("tokens and work are busy, tickets are taken once, and nothing is lost when it is back", async () => {
    const world = makeWorld({ effortFloor: 1 });
    const { tickets } = await admitByToken(world, { source: sourceOf(1), mark: 1 });
    const ticket = ticketProof(tickets[0] ?? nothing);
    const token = tokenProof(world.tokens.issue(tokenBytesOf(2)));
    const work = workProof(world.gate.puzzle, { nonce: 1 });
    world.spent.trouble = "fails";
    assert.equal(words(await show(world, token)), "busy");
    assert.equal(words(await show(world, work)), "busy");
    assert.equal(words(await show(world, ticket)), "admitted 1");
    assert.equal(words(await show(world, ticket)), "prove");
    assert.equal(count(world, "store-failed"), 2);
    assert.equal(world.gate.counters.storeFailures, 2);
    world.spent.trouble = "none";
    world.gate.tick(quietLoad);
    for (let i = 0; i < 50; i++) await Promise.resolve();
    assert.equal(world.gate.sizes.spentUnkept, 0);
    assert.equal(words(await show({ gate: world.restarted() }, ticket)), "prove");
    assert.equal(words(await show(world, token)), "admitted 2");
    assert.equal(words(await show(world, work)), "admitted 0");
  });

  it("a port that throws lets nobody in and breaks nothing", async () => {
    const world = makeWorld();
    const reports: unknown[] = [];
    const tokens = {
      check: () => {
        throw new TypeError("a bug");
      },
    };
    const ports = { ...world.ports, tokens, report: (error: unknown) => reports.push(error) };
    const gate = new Gate(ports, { secret, hosts: () => [host] });
    assert.equal(words(await show({ gate }, tokenProof(tokenBytesOf(1)))), "busy");
    assert.equal(reports.length, 1);
  });
});

describe("[GT20] work", () => {
  it("is refused with a seed that is not in force, too little effort, for another host, and a second time", async () => {
    const world = makeWorld({ effortFloor: 2 });
    const { puzzle } = world.gate;
    const outcomes: [Uint8Array, Outcome][] = [
      [
        encode(proofCodec, {
          kind: "work",
          seed: new Uint8Array(16),
          effort: 2,
          nonce: new Uint8Array(16),
          solution: new Uint8Array(8),
        }),
        "work-seed",
      ],
      [workProof({ ...puzzle, effort: 1 }, { nonce: 1 }), "work-low"],
      [workProof(puzzle, { nonce: 1, forHost: "other.example" }), "work-wrong"],
    ];
    for (const [proof, outcome] of outcomes) {
      assert.equal(words(await show(world, proof)), "prove");
      assert.equal(count(world, outcome), 1, outcome);
    }
    const good = workProof(puzzle, { nonce: 2 });
    assert.equal(words(await show(world, good)), "admitted 0");
    assert.equal(words(await show(world, good)), "prove");
    assert.equal(count(world, "work-replayed"), 1);
    assert.equal(world.gate.counters.invalidProofs, 2);
  });

  it("may be made for any of the names by which this connection knows the server", async () => {
    const { gate } = makeWorld({ effortFloor: 1 });
    const proof = workProof(gate.puzzle, { nonce: 1, forHost: "127.0.0.1:8080" });
    const verdict = await arrived(gate).prove(proof, { hosts: ["a.example", "127.0.0.1:8080"] });
    assert.equal(words(verdict), "admitted 0");
  });

  it("[GT21] raises the effort only when those who made it are dropped for want of room", async () => {
    const world = makeWorld({ effortFloor: 1, admissionsPerSecond: 4, shareBurstMs: 1_000 });
    besiege(world);
    const floor = world.gate.effort;
    for (let i = 0; i < 30; i++) await show(world, nothing, sourceOf(100 + i));
    besiege(world, {}, 1);
    assert.equal(world.gate.effort, floor);
    for (let i = 0; i < 8; i++) await show(world, workProof(world.gate.puzzle, { nonce: i }), sourceOf(i));
    assert.ok(count(world, "work-shed") > 0);
    besiege(world, {}, 1);
    assert.ok(world.gate.effort > floor);
  });

  it("[GT21] does not raise it for a prefix that wants more than its part", async () => {
    const world = makeWorld({ effortFloor: 1, admissionsPerSecond: 4, shareBurstMs: 1_000 });
    besiege(world);
    for (let i = 0; i < 8; i++) await show(world, workProof(world.gate.puzzle, { nonce: i }), sourceOf(1));
    assert.ok(count(world, "work-shed") > 0);
    besiege(world, {}, 1);
    assert.equal(world.gate.effort, 1);
  });
});

describe("[GT3] refusals", () => {
  it("are spread, say honestly how long, and keep within their bounds", async () => {
    const world = makeWorld({ admissionsPerSecond: 10, shareBurstMs: 1_000 });
    const waits: number[] = [];
    for (let i = 0; i < 120; i++) {
      const verdict = await show(world, tokenProof(world.tokens.issue(tokenBytesOf(i))), sourceOf(i));
      if (verdict.kind === "refused") waits.push(verdict.retryAfterMs);
      if (verdict.kind === "refused") assert.equal(verdict.reason, "busy");
    }
    const { retryMsMin, retryMsMax } = world.gate.limits;
    assert.ok(waits.length > 80);
    assert.ok(waits.every((wait) => wait >= retryMsMin && wait <= retryMsMax));
    assert.ok(new Set(waits).size > 70, "they are jittered");
    const mean = (part: readonly number[]) => part.reduce((a, b) => a + b, 0) / part.length;
    assert.ok(mean(waits.slice(-20)) > 3 * mean(waits.slice(0, 10)), "the longer the line, the longer the wait");
  });

  it("leave a token unspent that was refused as busy", async () => {
    const world = makeWorld({ admissionsPerSecond: 4, shareBurstMs: 1_000 });
    const proofs = Array.from({ length: 12 }, (_, i) => tokenProof(world.tokens.issue(tokenBytesOf(i))));
    const refused = [];
    for (const proof of proofs) if ((await show(world, proof)).kind === "refused") refused.push(proof);
    assert.ok(refused.length > 0);
    for (let tries = 0; refused.length > 0; tries++) {
      assert.ok(tries < 60, "all are in within a minute");
      besiege(world, {}, 1);
      const proof = refused.shift();
      if (proof !== undefined && (await show(world, proof)).kind === "refused") refused.push(proof);
    }
    assert.equal(world.spent.ids.size, 12);
  });

  it("[GT40] say gone to a prefix that shows invalid proofs, reset it for a minute, and never a member's", async () => {
    const world = makeWorld();
    const { gate, clock } = world;
    const forged = ticketProof(new Uint8Array(35));
    const verdicts = [];
    for (let i = 0; i < gate.limits.invalidProofsMax; i++) verdicts.push(words(await show(world, forged)));
    assert.deepEqual(verdicts, ["prove", "prove", "prove", "prove", "gone"]);
    assert.equal(gate.arrive(sourceOf(1)), "accept-denied");
    assert.deepEqual(gate.denials(), [{ prefix: sourceOf(1).prefix, forMs: gate.limits.denyMs }]);
    assert.equal(gate.counters.denials, 1);
    clock.advance(gate.limits.denyMs);
    assert.notEqual(gate.arrive(sourceOf(1)), "accept-denied");
    await admitByToken(world, { source: sourceOf(2), mark: 1 });
    for (let i = 0; i < 50; i++) assert.equal(words(await show(world, forged, sourceOf(2))), "prove");
  });
});

describe("a visit", () => {
  it("[GT45] has a deadline in each state, and less of it as the gate runs out of room", () => {
    const world = makeWorld({ unadmittedMax: 100, acceptReservedPercent: 0 });
    const { gate, clock } = world;
    const visit = gate.arrive(sourceOf(1));
    assert.ok(typeof visit !== "string");
    visit.hello = "stranger";
    for (const [stage, ms] of [
      ["peek", 3_000],
      ["tls", 5_000],
      ["head", 5_000],
      ["proof", 2_000],
    ] as const) {
      visit.enter(stage);
      assert.equal(visit.deadlineMs(), ms);
      clock.advance(ms - 1);
      assert.equal(visit.deadlineMs(), 1);
    }
    const late = gate.arrive(sourceOf(2));
    assert.ok(typeof late !== "string");
    late.enter("peek");
    for (let i = 0; i < 90; i++) gate.arrive(sourceOf(3 + i));
    assert.equal(late.deadlineMs(), gate.limits.pressedMs);
    late.hello = "member";
    assert.equal(late.deadlineMs(), gate.limits.peekMs);
  });

  it("is counted in its state and out of it, once, however it ends", async () => {
    const { gate } = makeWorld();
    const lost = gate.arrive(sourceOf(1));
    assert.ok(typeof lost !== "string");
    lost.enter("peek");
    assert.deepEqual([gate.counters.open.peek, gate.counters.unadmitted, gate.counters.connections], [1, 1, 1]);
    lost.lost("peek-timeout");
    lost.lost("peek-reset");
    lost.leave();
    const inside = arrived(gate);
    await inside.prove(nothing);
    inside.lost("proof-reset");
    assert.deepEqual([gate.counters.open.admitted, gate.counters.unadmitted], [1, 0]);
    inside.leave();
    inside.leave();
    assert.deepEqual(gate.counters.open, { accept: 0, peek: 0, tls: 0, head: 0, proof: 0, admitted: 0, closed: 0 });
    assert.deepEqual([...gate.counters.lost], [["peek-timeout", 1]]);
    assert.equal(gate.sizes.unadmittedPrefixes, 0);
  });

  it("[GT54] to the website is lane E's, a member's lane B's, and in a siege a stranger's is lane D's spare half", async () => {
    const world = makeWorld({ browsingMax: 8_000, effortFloor: 1 });
    const { gate } = world;
    const browse = (hello: "member" | "stranger", from = 1) => {
      const visit = arrived(gate, sourceOf(from));
      visit.hello = hello;
      return { visit, isIn: visit.browse() };
    };
    const first = browse("stranger");
    assert.equal(first.isIn, true);
    assert.deepEqual([gate.counters.browsing, gate.counters.connections, count(world, "website")], [1, 1, 1]);
    besiege(world);
    assert.equal(browse("stranger").isIn, true, "a newcomer gets the page");
    let taken = 0;
    while (taken < 5_000 && browse("stranger", taken + 2).isIn) taken += 1;
    assert.ok(taken > 0 && taken < 5_000, `${taken} pages`);
    const worker = arrived(gate, sourceOf(9_000));
    assert.equal(
      (await worker.prove(workProof(gate.puzzle, { nonce: 7 }))).kind,
      "admitted",
      "who has worked comes first",
    );
    assert.equal(browse("member").isIn, true);
    const { browsing } = gate.counters;
    first.visit.leave();
    first.visit.leave();
    assert.equal(gate.counters.browsing, browsing - 1);
  });

  it("is counted with its source once its handshake is complete, and not before", () => {
    const { ports } = makeWorld();
    const gate = new Gate({ ...ports, places: { country: () => "FR" } }, { secret, hosts: () => [host] });
    const silent = gate.arrive(sourceOf(1));
    assert.ok(typeof silent !== "string");
    silent.enter("peek");
    silent.hello = "stranger";
    silent.enter("tls");
    assert.equal(gate.counters.prefixes.counts.size, 0);
    silent.enter("head");
    assert.deepEqual([...gate.counters.prefixes.counts], [[sourceOf(1).prefix, 1]]);
    assert.deepEqual([...gate.counters.networks.counts], [["64500", 1]]);
    assert.deepEqual([...gate.counters.countries.counts], [["FR", 1]]);
    assert.deepEqual(gate.counters.hellos, { member: 0, stranger: 1, plain: 0 });
  });

  it("is reset once the gate stops", () => {
    const { gate } = makeWorld();
    gate.stop();
    assert.equal(gate.arrive(sourceOf(1)), "stopping");
    assert.equal(gate.explain(sourceOf(1)).accept, "stopping");
  });
});

describe("a gate", () => {
  it("wants a secret of 32 bytes", () => {
    assert.throws(() => new Gate(makeWorld().ports, { secret: new Uint8Array(31), hosts: () => [] }), RangeError);
  });

  it("admits fewer while the event loop is late", async () => {
    const world = makeWorld({ admissionsPerSecond: 100 });
    besiege(world, { loopDelayP99Ms: 500 }, 30);
    let admitted = 0;
    for (let i = 0; i < 100; i++) {
      const proof = tokenProof(world.tokens.issue(tokenBytesOf(i)));
      if ((await show(world, proof, sourceOf(i))).kind === "admitted") admitted += 1;
    }
    assert.ok(admitted > 10 && admitted < 40, `${admitted}`);
  });
});
