import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Pace } from "./pace.ts";

const turnMs = 5;

/** Keeps the thread busy for longer than a turn may take. */
function work(): void {
  const endsAt = performance.now() + 2 * turnMs;
  while (performance.now() < endsAt);
}

describe("[GT47] a pace", () => {
  it("does at once what there is time for", () => {
    const pace = new Pace(60_000);
    const done: number[] = [];
    for (let i = 0; i < 100; i++) pace.do(() => done.push(i));
    assert.equal(done.length, 100);
    assert.equal(pace.waiting, 0);
  });

  it("lets others have their turn in between, does everything, and in order", async () => {
    const pace = new Pace(turnMs);
    const done: number[] = [];
    for (let i = 0; i < 5; i++) {
      pace.do(() => {
        work();
        done.push(i);
      });
    }
    assert.deepEqual(done, [0]);
    let turns = 0;
    for (; pace.waiting > 0 && turns < 1_000; turns++) await nextTurn();
    assert.deepEqual(done, [0, 1, 2, 3, 4]);
    assert.ok(turns >= 4, `${turns} turns`);
  });

  it("counts what comes of the work in ticks and microtasks", async () => {
    const pace = new Pace(turnMs);
    let done = 0;
    const later = () => {
      void Promise.resolve().then(() => {
        work();
        done += 1;
      });
    };
    // Three in one turn, each from an immediate of its own, as three sockets would call.
    for (let i = 0; i < 3; i++) setImmediate(() => pace.do(later));
    await nextTurn();
    assert.ok(done < 3, `${done} done in one turn`);
    for (let turns = 0; done < 3 && turns < 1_000; turns++) await nextTurn();
    assert.equal(done, 3);
  });
});
