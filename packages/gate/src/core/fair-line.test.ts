import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FairLine } from "./fair-line.ts";
import { arrived, makeWorld, sourceOf } from "./testing/fakes.ts";
import type { Visit } from "./visit.ts";

const { gate } = makeWorld({
  unadmittedMax: 1_000_000,
  acceptPerSecond: 1_000_000,
  acceptPerPrefixPerSecondNormal: 1_000_000,
});
const visitOf = (prefix: number): Visit => arrived(gate, sourceOf(prefix));

function make({ sizeMax = 1_000, sizePerPrefixMax = 100, oldMs = 300, last = new Set<string>() } = {}) {
  const served = new Map<string, number>();
  const line = new FairLine({
    sizeMax,
    sizePerPrefixMax,
    oldMs,
    served: (prefix) => served.get(prefix) ?? 0,
    isLast: (prefix) => last.has(prefix),
  });
  const serve = (visit: Visit, elapsed = 0) => {
    const { prefix } = visit.source;
    served.set(prefix, (served.get(prefix) ?? 0) + 1);
    line.reorder(prefix, elapsed);
  };
  return { line, serve, served };
}

describe("[GT43] a fair line", () => {
  it("serves prefixes in turn, whatever one of them sends", () => {
    const { line, serve } = make();
    for (let i = 0; i < 5; i++) line.enter(visitOf(1), 0);
    line.enter(visitOf(2), 0);
    line.enter(visitOf(3), 0);
    const order = [];
    for (let next = line.next(0); next !== undefined; next = line.next(0)) {
      order.push(next.source.prefix);
      serve(next);
    }
    assert.deepEqual(order.slice(0, 3), [sourceOf(1).prefix, sourceOf(2).prefix, sourceOf(3).prefix]);
    assert.equal(order.length, 7);
  });

  it("serves those last who come after all others", () => {
    const { line } = make({ last: new Set([sourceOf(1).prefix]) });
    line.enter(visitOf(1), 0);
    line.enter(visitOf(2), 0);
    assert.equal(line.next(0)?.source.prefix, sourceOf(2).prefix);
    assert.equal(line.next(0)?.source.prefix, sourceOf(1).prefix);
  });

  it("is first come, first served until it is old, and last come after that", () => {
    const { line } = make({ oldMs: 300 });
    const visits = [visitOf(1), visitOf(1), visitOf(1)];
    for (const [i, visit] of visits.entries()) line.enter(visit, i);
    assert.equal(line.next(299), visits[0]);
    assert.equal(line.next(301), visits[2]);
  });

  it("pushes out the oldest of a prefix that has too many, and the oldest of all when it is full", () => {
    const { line } = make({ sizeMax: 3, sizePerPrefixMax: 2 });
    const [a, b, c] = [visitOf(1), visitOf(1), visitOf(1)];
    assert.equal(line.enter(a, 0), undefined);
    assert.equal(line.enter(b, 0), undefined);
    assert.equal(line.enter(c, 0), a);
    line.enter(visitOf(2), 0);
    assert.equal(line.enter(visitOf(3), 0), b);
    assert.equal(line.size, 3);
  });

  it("loses nobody and invents nobody, whatever happens to it", () => {
    const step = fc.record({
      what: fc.constantFrom("enter", "next", "leave", "old", "serve"),
      prefix: fc.nat(6),
      which: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { line, serve } = make({ sizeMax: 12, sizePerPrefixMax: 4, oldMs: 5 });
        const inside: Visit[] = [];
        const left = (visit: Visit | undefined) => {
          if (visit === undefined) return;
          assert.ok(inside.includes(visit));
          inside.splice(inside.indexOf(visit), 1);
        };
        for (const [elapsed, { what, prefix, which }] of steps.entries()) {
          if (what === "enter") {
            const visit = visitOf(prefix);
            left(line.enter(visit, elapsed));
            inside.push(visit);
          }
          if (what === "next") {
            const someoneWaits = inside.length > 0;
            const next = line.next(elapsed);
            assert.equal(next !== undefined, someoneWaits);
            left(next);
          }
          const one = inside[which];
          if (what === "leave" && one !== undefined) {
            assert.equal(line.leave(one), true);
            assert.equal(line.leave(one), false);
            left(one);
          }
          if (what === "serve" && one !== undefined) serve(one, elapsed);
          if (what === "old") for (const each of line.takeOlderThan(10, { elapsed, countMax: 3 })) left(each);
          assert.equal(line.size, inside.length);
          assert.ok(line.size <= 12);
        }
      }),
    );
  });
});
