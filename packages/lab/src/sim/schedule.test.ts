import assert from "node:assert/strict";
import { test } from "node:test";
import { Schedule } from "./schedule.ts";
import { Trace } from "./trace.ts";

function open() {
  const trace = new Trace();
  return { trace, schedule: new Schedule({ trace, startMs: 1_000 }) };
}

test("events run by time, and in the order of their scheduling at equal times", async () => {
  const { schedule } = open();
  const ran: string[] = [];
  for (const [name, delay] of [
    ["c", 30],
    ["a", 10],
    ["b", 20],
    ["a2", 10],
  ] as const) {
    schedule.after(delay, name, () => ran.push(`${name}@${schedule.now}`));
  }
  await schedule.advance(100);
  assert.deepEqual(ran, ["a@1010", "a2@1010", "b@1020", "c@1030"]);
  assert.equal(schedule.now, 1_100);
});

test("every microtask of an event runs before the next event, however long their chain", async () => {
  const { schedule } = open();
  const ran: string[] = [];
  schedule.after(1, "chain", () => {
    void (async () => {
      for (let i = 0; i < 1_000; i++) await undefined;
      ran.push("chain");
    })();
  });
  schedule.after(1, "next", () => ran.push("next"));
  await schedule.advance(10);
  assert.deepEqual(ran, ["chain", "next"]);
});

test("what is taken back does not run; what is due later waits", async () => {
  const { schedule } = open();
  const ran: string[] = [];
  schedule.after(5, "gone", () => ran.push("gone"))();
  schedule.after(50, "later", () => ran.push("later"));
  await schedule.advance(10);
  assert.deepEqual(ran, []);
  assert.equal(await schedule.runUntil(() => ran.length > 0, 100), true);
  assert.equal(schedule.now, 1_050);
  assert.equal(await schedule.runUntil(() => false, 100), false);
  assert.equal(schedule.now, 1_150);
});

test("the trace of equal runs is equal, and differs where one event does", async () => {
  const digest = async (delay: number) => {
    const { schedule, trace } = open();
    for (let i = 0; i < 50; i++) schedule.after(i === 25 ? delay : i, `event ${i}`, () => undefined);
    await schedule.advance(100);
    return trace.digest();
  };
  assert.equal(await digest(25), await digest(25));
  assert.notEqual(await digest(25), await digest(25.5));
});
