import assert from "node:assert/strict";
import { test } from "node:test";
import { abortedResult } from "../measure/aborted.ts";
import type { AttackResult, LaneResult } from "../measure/result.ts";
import { phasesDefault, type RunSettings, ratesDefault } from "../settings.ts";
import { barOf } from "./bar.ts";
import { comparisonsOf } from "./compare.ts";
import { curvesOf } from "./curves.ts";
import { reportOf } from "./markdown.ts";

const settings: RunSettings = {
  attack: "churn",
  ratio: 50,
  isTls: true,
  subject: "rempart",
  setup: "default",
  phases: phasesDefault,
  rates: ratesDefault,
  seed: 1,
  crowd: 0,
  isForced: false,
};

function lane(goodput: number, p99Ms: number): LaneResult {
  const transactions = 1_000;
  const failures = Math.round((1 - goodput) * transactions);
  return { transactions, goodput, failures, p50Ms: 1, p99Ms, maxMs: p99Ms, quietGoodput: 1, quietP99Ms: 5 };
}

function result(part: Partial<AttackResult>): AttackResult & { measuredOn: string; machine: string } {
  const empty = abortedResult(settings, "");
  return { ...empty, valid: true, why: null, measuredOn: "2026-01-01", machine: "a machine", ...part };
}

const ours = result({ lanes: { A: lane(1, 10), B: lane(1, 20), D: lane(0.9, 50) }, recoverMs: 300 });
const better = result({ against: "mosquitto", setup: "hardened", lanes: { B: lane(1, 30), D: lane(0.99, 50) } });
const worse = result({ against: "prosody", lanes: { A: lane(1, 900), B: lane(0.5, 20) } });

test("goodput decides, then p99, and small differences decide nothing", () => {
  const found = comparisonsOf([ours, better, worse]).map(({ rival, lane: name, better: who, by }) => [
    rival.against,
    name,
    who,
    by,
  ]);
  assert.deepEqual(found, [
    ["mosquitto", "B", "neither", "p99"],
    ["mosquitto", "D", "rival", "goodput"],
    ["prosody", "A", "rempart", "p99"],
    ["prosody", "B", "rempart", "goodput"],
  ]);
});

test("runs that are not valid, or not of the same kind, are compared with nothing", () => {
  assert.deepEqual(
    comparisonsOf([ours, { ...better, valid: false }, { ...worse, tls: false }, { ...worse, ratio: 10 }]),
    [],
  );
});

test("where a rival does better, the report says so before anything else", () => {
  const paragraph = (text: string) => text.split("\n\n")[1] ?? "";
  assert.match(
    paragraph(reportOf([ours, better, worse], [])),
    /did better in 1 of 4.*mosquitto \(hardened\) in churn \(D by goodput\)/,
  );
  assert.match(paragraph(reportOf([ours, worse], [])), /^In none of 2/);
  assert.match(paragraph(reportOf([ours], [])), /Nothing is compared/);
});

test("a run that was made once more, and one that does not count, say why", () => {
  const again = { ...ours, again: "the disk was late" };
  const text = reportOf([again, { ...worse, valid: false, why: "the generator was full" }], []);
  assert.match(text, /made once more, and why:\n\n- churn, ratio 50, \w+, rempart: the disk was late\n/);
  assert.match(text, /do not count, and why:\n\n- churn, ratio 50, \w+, prosody \(default\): the generator was full\n/);
});

test("a row that was not measured is neither met nor missed", () => {
  const rows = barOf([ours]);
  const isMet = (figure: RegExp) => rows.find((row) => figure.test(row.figure))?.isMet;
  assert.equal(isMet(/lanes B and C/), true);
  assert.equal(isMet(/lane D/), true);
  assert.equal(isMet(/p99 of lane B/), true);
  assert.equal(isMet(/recovered/), true);
  assert.equal(isMet(/invalid proof/), undefined);
  assert.equal(barOf([{ ...ours, lost: 2 }]).find(({ figure }) => figure === "messages lost")?.isMet, false);
  assert.equal(barOf([{ ...ours, valid: false }]).find(({ figure }) => figure === "messages lost")?.isMet, undefined);
});

test("curves have a mark for each lane and ratio, and no number that is none", () => {
  const svg = curvesOf(
    "a < b",
    [1, 10, 50].map((ratio) => ({ ...ours, ratio })),
  );
  assert.match(svg, /<title>a &lt; b<\/title>/);
  // Two panels and the legend.
  assert.equal(svg.match(/<circle/g)?.length, 3 + 3 + 1);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});
