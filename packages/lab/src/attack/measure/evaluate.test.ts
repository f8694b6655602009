import assert from "node:assert/strict";
import { test } from "node:test";
import type { Transaction } from "../honest/ledger.ts";
import { newTally } from "../hostile/tally.ts";
import type { GateSample } from "../subject/subject.ts";
import * as evaluate from "./evaluate.ts";
import type { Look, Observation } from "./observation.ts";

const times = { quiet: 0, attack: 10_000, after: 20_000, end: 30_000 };

function done(lane: Transaction["lane"], at: number, ms: number): Transaction {
  return { lane, at, ms, reached: "done" };
}

function failed(lane: Transaction["lane"], at: number): Transaction {
  return { lane, at, ms: 10_000, reached: "connecting" };
}

function gate(part: Partial<GateSample>): GateSample {
  return { mode: "normal", unadmitted: 0, effort: 4, lost: 0, refusals: 0, counters: {}, ...part };
}

function look(at: number, part: Partial<Look> = {}): Look {
  return { at, subjectCpu: 0, generatorCpu: 0, machineCpu: 0, residentBytes: 0, held: 0, ...part };
}

function seen(part: Partial<Observation>): Observation {
  return {
    times,
    transactions: [],
    looks: [],
    diskWaits: [],
    tally: newTally(),
    lost: 0,
    refusals: { falseRefusals: 0, busy: { A: 0, B: 0, C: 0, D: 0 } },
    dials: [],
    proofCostUs: null,
    returnMs: [],
    death: undefined,
    disturbance: undefined,
    troubles: [],
    ...part,
  };
}

/** One transaction in lane B every 100 ms, all of them quick. */
function steady(): Transaction[] {
  return Array.from({ length: 300 }, (_, i) => done("B", 100 * i, 10));
}

test("a lane's goodput and delays are those of what was due during the attack", () => {
  const transactions = [...steady(), failed("B", 15_000), done("B", 16_000, 900)];
  const { B } = evaluate.lanesOf(seen({ transactions }));
  assert.equal(B?.transactions, 102);
  assert.equal(B?.failures, 1);
  assert.equal(B?.goodput, 101 / 102);
  assert.deepEqual([B?.p50Ms, B?.maxMs, B?.quietP99Ms, B?.quietGoodput], [10, 900, 10, 1]);
  assert.equal(evaluate.lanesOf(seen({ transactions })).A, undefined);
});

test("what was due in the last moment of quiet is in no phase", () => {
  const transactions = [...steady(), done("B", times.attack - 100, 5_000)];
  assert.equal(evaluate.lanesOf(seen({ transactions })).B?.quietP99Ms, 10);
});

test("reacting is being on guard, or refusing more than before", () => {
  const before = look(9_900, { gate: gate({ refusals: 7 }) });
  const same = look(10_100, { gate: gate({ refusals: 7 }) });
  const refusing = look(10_200, { gate: gate({ refusals: 8 }) });
  const guarded = look(10_300, { gate: gate({ refusals: 7, mode: "guarded" }) });
  assert.equal(evaluate.reactMs(seen({ looks: [before, same, refusing] })), 200);
  assert.equal(evaluate.reactMs(seen({ looks: [before, same, guarded] })), 300);
  assert.equal(evaluate.reactMs(seen({ looks: [before, same] })), null);
});

test("recovered is when nothing fails any more, all is as quick as in quiet and nobody crowds the gate", () => {
  const calm = seen({ transactions: steady() });
  assert.equal(evaluate.recoverMs(calm), 0);
  const late = seen({ transactions: [...steady(), failed("B", 23_000)] });
  assert.equal(evaluate.recoverMs(late), 3_001);
  const crowded = seen({ transactions: steady(), looks: [look(24_000, { gate: gate({ unadmitted: 500 }) })] });
  assert.equal(evaluate.recoverMs(crowded), 4_100);
  const never = seen({ transactions: [...steady(), failed("B", 29_950)] });
  assert.equal(evaluate.recoverMs(never), null);
});

test("one slow transaction in a hundred does not keep a lane from having recovered, two do", () => {
  const slow = (at: number) => done("B", at, 500);
  assert.equal(evaluate.recoverMs(seen({ transactions: [...steady(), slow(25_000)] })), 0);
  assert.equal(evaluate.recoverMs(seen({ transactions: [...steady(), slow(25_000), slow(26_000)] })), 5_001);
});

test("CPU per refusal is what was used above quiet, over the connections that ended unadmitted", () => {
  const looks = [
    look(0, { subjectCpu: 0, gate: gate({ lost: 0 }) }),
    look(9_000, { subjectCpu: 0.9, gate: gate({ lost: 0 }) }),
    look(10_000, { subjectCpu: 1, gate: gate({ lost: 0 }) }),
    look(19_999, { subjectCpu: 3.9998, gate: gate({ lost: 10_000 }) }),
  ];
  assert.equal(evaluate.cpuPerRefusalUs(seen({ looks })), 200);
});

test("memory per unadmitted connection is above what it was before the attack", () => {
  const looks = [
    look(9_900, { residentBytes: 100 * 1_024, gate: gate({ unadmitted: 0 }) }),
    look(19_900, { residentBytes: (100 + 4_000) * 1_024, gate: gate({ unadmitted: 1_000 }) }),
  ];
  assert.equal(evaluate.kibPerUnadmitted(seen({ looks })), 4);
  assert.equal(evaluate.kibPerUnadmitted(seen({ looks: looks.slice(0, 1) })), null);
});

test("a quiet run is disturbed by others' CPU, by the disk and by transactions that fail", () => {
  const looks = [look(0), look(9_000, { machineCpu: 4 })];
  assert.match(evaluate.disturbance(seen({ looks, transactions: steady() })) ?? "", /something else/);
  assert.match(evaluate.disturbance(seen({ transactions: [...steady(), failed("B", 500)] })) ?? "", /lane B/);
  const diskWaits = [{ at: 4_000, ms: 600 }];
  assert.match(evaluate.disturbance(seen({ transactions: steady(), diskWaits })) ?? "", /the disk was late/);
  assert.equal(evaluate.disturbance(seen({ transactions: steady() })), undefined);
});

test("published arrivals stand beside the generator's own", () => {
  const counters = (value: number) => gate({ counters: { rempart_gate_arrivals_total: value } });
  const looks = [look(9_900, { gate: counters(50) }), look(29_900, { gate: counters(160) })];
  const tally = { ...newTally(), connected: 100 };
  const dials = [9_000, 9_950, 12_000, 29_950];
  assert.deepEqual(evaluate.evidence(seen({ looks, tally, dials })), { published: 110, own: 102 });
});
