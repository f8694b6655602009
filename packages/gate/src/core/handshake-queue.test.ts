import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GateServerLimits } from "../limits.ts";
import { makeWorld, sourceOf } from "./testing/fakes.ts";
import { admitByToken } from "./testing/proofs.ts";
import type { HelloKind, Source } from "./types.ts";
import type { Visit } from "./visit.ts";

function make(limits: Partial<GateServerLimits> = {}) {
  const wide = 1_000_000;
  const doors = { acceptPerSecond: wide, acceptPerPrefixPerSecondNormal: wide };
  const rooms = { unadmittedMax: wide, unadmittedPerPrefixMax: wide, connectionsMax: wide };
  const world = makeWorld({ ...doors, ...rooms, ...limits });
  const queue = world.gate.handshakes;
  const arrive = (source: Source, hello: HelloKind = "stranger"): Visit => {
    const visit = world.gate.arrive(source);
    assert.ok(typeof visit !== "string", "it is accepted");
    visit.enter("peek");
    visit.hello = hello;
    visit.enter("tls");
    return visit;
  };
  const wait = (source: Source, hello: HelloKind = "stranger"): Visit => {
    const visit = arrive(source, hello);
    assert.equal(queue.push(visit), undefined);
    return visit;
  };
  /** Ends a handshake well. */
  const finish = (visit: Visit, cpuMs = 1) => {
    queue.finished(visit, cpuMs);
    visit.enter("head");
  };
  return { ...world, queue, arrive, wait, finish };
}

const familiarNetwork = 64_501;

describe("[GT44] the handshake queue", () => {
  it("begins so many at one go as four milliseconds of CPU hold, and leaves the rest of the CPU alone", () => {
    const { queue, wait, finish, clock, gate } = make();
    for (let i = 0; i < 2_000; i++) wait(sourceOf(i));
    let begun = 0;
    for (let ms = 0; ms < 1_000; ms++, clock.advance(1)) {
      let atOnce = 0;
      for (let next = queue.next(); next !== undefined; next = queue.next()) {
        finish(next, 1);
        next.lost("head-reset");
        atOnce += 1;
      }
      assert.ok(atOnce <= 4);
      begun += atOnce;
    }
    const share = 10 * gate.limits.handshakeCpuPercent;
    assert.ok(begun > share - 10 && begun < share + 10, `${begun}`);
  });

  it("learns what a handshake costs, and believes no nonsense", () => {
    const { queue, wait, clock } = make();
    for (const cpuMs of [...Array.from({ length: 60 }, () => 2), Number.NaN, -5, 0, 1e9]) {
      clock.advance(100);
      wait(sourceOf(1));
      const visit = queue.next();
      assert.ok(visit !== undefined);
      queue.finished(visit, cpuMs);
      visit.lost("tls-error");
    }
    assert.ok(queue.costMs > 1.9 && queue.costMs < 2.5, `${queue.costMs}`);
  });

  it("gives members three quarters, and of the rest 12 to their prefixes, 8 to their networks, 5 to others, while all wait", async () => {
    const world = make({ familiarPrefixesMin: 1 });
    const { queue, wait, finish, clock } = world;
    // A neighbour of a member is known by his prefix when he arrives, and others by its network.
    await admitByToken(world, { source: sourceOf(999, familiarNetwork), mark: 1 });
    const begun = { member: 0, known: 0, familiar: 0, other: 0 };
    for (let ms = 0; ms < 2_000; ms++, clock.advance(1)) {
      wait(sourceOf(1), "member");
      wait(sourceOf(999, familiarNetwork));
      wait(sourceOf(1_000 + (ms % 500), familiarNetwork));
      wait(sourceOf(2 + (ms % 500)));
      for (let next = queue.next(); next !== undefined; next = queue.next()) {
        begun[next.standing] += 1;
        finish(next);
        next.lost("head-reset");
      }
      for (const visit of queue.sweep()) visit.lost("tls-shed");
    }
    const total = begun.member + begun.known + begun.familiar + begun.other;
    for (const [name, share] of Object.entries({ member: 0.75, known: 0.12, familiar: 0.08, other: 0.05 }))
      assert.ok(Math.abs(begun[name as keyof typeof begun] / total - share) < 0.02, JSON.stringify(begun));
    assert.ok(queue.contested.member > 1_000, JSON.stringify(queue.contested));
    assert.ok(queue.contested.stranger <= queue.contested.member / 3, JSON.stringify(queue.contested));
  });

  it("gives the whole to whoever comes alone", () => {
    const { queue, wait, finish, clock } = make();
    let begun = 0;
    for (let ms = 0; ms < 1_000; ms++, clock.advance(1)) {
      wait(sourceOf(ms));
      for (let next = queue.next(); next !== undefined; next = queue.next()) {
        finish(next);
        next.lost("head-reset");
        begun += 1;
      }
    }
    assert.ok(begun > 590, `${begun}`);
  });

  it("keeps places in flight for members that strangers cannot take, and sheds strangers who stall", () => {
    const { queue, wait, clock, gate } = make({ handshakesInFlightMax: 40 });
    const begin = () => {
      const begun = [];
      for (let i = 0; i < 100; i++, clock.advance(10)) {
        const next = queue.next();
        if (next !== undefined) begun.push(next);
      }
      return begun;
    };
    for (let i = 0; i < 100; i++) wait(sourceOf(i));
    assert.equal(begin().length, 20);
    for (let i = 0; i < 30; i++) wait(sourceOf(500 + i), "member");
    assert.equal(begin().length, 20);
    assert.equal(queue.inFlight, 40);
    clock.advance(gate.limits.handshakeStallMs);
    const shed = queue.sweep();
    assert.ok(shed.every((visit) => visit.hello === "stranger"));
    // Those who waited too long, as many of those in flight as members wait for their places, and an eighth of all places.
    assert.deepEqual([shed.length, queue.inFlight, queue.waiting], [80 + 10 + 5, 25, 10]);
    assert.equal(begin().filter((visit) => visit.hello === "member").length, 10);
  });

  it("[GT47] begins no more strangers' handshakes than their peers answer, and all members'", () => {
    const { queue, wait, finish, clock } = make({
      handshakesRecentMax: 10,
      handshakeRecentMs: 250,
      handshakeCpuPercent: 1_000,
    });
    const begin = () => {
      const begun: Visit[] = [];
      for (let i = 0; i < 40; i++, clock.advance(1)) {
        const next = queue.next();
        if (next !== undefined) begun.push(next);
      }
      return begun;
    };
    for (let i = 0; i < 200; i++) wait(sourceOf(i));
    const unanswered = begin();
    assert.equal(unanswered.length, 10);
    for (let i = 200; i < 230; i++) wait(sourceOf(i), "member");
    assert.deepEqual(new Set(begin().map(({ hello }) => hello)), new Set(["member"]));
    for (const visit of unanswered.slice(0, 4)) finish(visit);
    assert.equal(begin().length, 4, "as many as were answered");
    clock.advance(250);
    assert.equal(begin().length, 10, "and again after a while, for those who never answer");
  });

  it("[GT41] has no more in flight than may be, members included", () => {
    const { queue, wait, clock } = make({ handshakesInFlightMax: 6 });
    const begin = () => {
      for (let i = 0; i < 50; i++, clock.advance(5)) queue.next();
      return queue.inFlight;
    };
    for (let i = 0; i < 10; i++) wait(sourceOf(i), "member");
    assert.equal(begin(), 6);
    for (let i = 10; i < 20; i++) wait(sourceOf(i));
    assert.equal(begin(), 6);
  });

  it("sheds those who waited too long, strangers sooner than members", () => {
    const { queue, wait, clock, gate } = make();
    const stranger = wait(sourceOf(1));
    const member = wait(sourceOf(2), "member");
    assert.deepEqual(queue.sweep(), []);
    clock.advance(gate.limits.handshakeWaitMsMax);
    assert.equal(queue.oldestAgeMs, gate.limits.handshakeWaitMsMax);
    assert.deepEqual(queue.sweep(), [stranger]);
    clock.advance(gate.limits.tlsMs);
    assert.deepEqual(queue.sweep(), [member]);
    assert.equal(queue.oldestAgeMs, 0);
  });

  it("puts prefixes with invalid proofs behind all others", async () => {
    const { queue, wait, gate } = make();
    const visit = gate.arrive(sourceOf(1));
    assert.ok(typeof visit !== "string");
    await visit.prove(Uint8Array.of(99));
    wait(sourceOf(1));
    const other = wait(sourceOf(2));
    assert.equal(queue.next(), other);
  });

  it("forgets whoever has gone, whether he waits, is begun or pushed out", () => {
    const { queue, wait } = make({ handshakesWaitingPerPrefixMax: 1 });
    const begun = wait(sourceOf(1));
    assert.equal(queue.next(), begun);
    const out = wait(sourceOf(2));
    const waiting = wait(sourceOf(2));
    for (const visit of [begun, out, waiting, waiting]) queue.drop(visit);
    assert.deepEqual([queue.waiting, queue.inFlight, queue.sweep()], [0, 0, []]);
  });

  it("[GT41] is bounded, whoever comes and whatever the shell leaves undone", () => {
    const { queue, arrive, wait } = make({ handshakesWaitingMax: 50, handshakesWaitingPerPrefixMax: 10 });
    for (let i = 0; i < 20; i++) wait(sourceOf(1));
    assert.equal(queue.waiting, 10);
    const refused = Array.from({ length: 500 }, (_, i) => queue.push(arrive(sourceOf(i)))).filter(
      (each) => each === "tls-shed",
    );
    assert.ok(refused.length > 300);
    assert.ok(queue.waiting <= 50);
    assert.ok(queue.sweep().length <= 50);
  });

  it("has room for a member although strangers have pushed out as many as it can keep until it is swept", () => {
    const { queue, arrive } = make({ handshakesWaitingMax: 50, handshakesWaitingPerPrefixMax: 10 });
    for (let i = 0; i < 200; i++) queue.push(arrive(sourceOf(i)));
    assert.equal(queue.push(arrive(sourceOf(200))), "tls-shed", "a stranger would push one out more");
    assert.equal(queue.push(arrive(sourceOf(201), "member")), undefined);
    assert.equal(queue.next()?.hello, "member");
  });
});
