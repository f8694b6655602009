import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresOf, ratioFigure, type Sample, type Variant } from "./figure.ts";
import { measure } from "./measure.ts";
import { table } from "./report.ts";

function sample(value: number, generatorCpu: number, serverCpu = 0.5): Sample {
  return { measurements: [{ metric: "messages", unit: "1/s", value }], generatorCpu, serverCpu };
}

const variant: Variant = { name: "some", notes: ["a note"], serverCores: 1, run: async () => sample(1, 0) };

test("a figure is the median of its repetitions, with their spread", () => {
  const [figure] = figuresOf("bench", variant, [sample(10, 0.2), sample(30, 0.4), sample(20, 0.3)]);
  assert.deepEqual([figure?.median, figure?.min, figure?.max], [20, 10, 30]);
  assert.equal(figure?.generatorCpu?.toFixed(3), "0.300");
  assert.equal(figure?.void, null);
});

test("a busy generator makes a figure void, unless the server was full or the variant says why not", () => {
  const busy = [sample(10, 0.9)];
  assert.match(figuresOf("bench", variant, busy)[0]?.void ?? "", /80 %/);
  const [full] = figuresOf("bench", variant, [sample(10, 0.9, 0.99)]);
  assert.equal(full?.void, null);
  assert.equal(full?.notes.length, 2);
  const [excused] = figuresOf("bench", { ...variant, whyBusyGeneratorIsFine: "because" }, busy);
  assert.equal(excused?.void, null);
  assert.deepEqual(excused?.notes, ["a note", "because"]);
});

test("a ratio compares repetition with repetition", () => {
  const samples = new Map([
    ["ours", [sample(20, 0), sample(90, 0)]],
    ["theirs", [sample(10, 0), sample(30, 0)]],
  ]);
  const ratio = { name: "r", metric: "m", over: ["ours", "messages"], under: ["theirs", "messages"] } as const;
  assert.deepEqual(ratioFigure("bench", ratio, samples).values, [2, 3]);
});

test("variants take turns, and what they share is closed even when one fails", async () => {
  const order: string[] = [];
  const made = (name: string): Variant => ({
    name,
    notes: [],
    run: async () => {
      order.push(name);
      if (order.length === 4) throw new Error("broken");
      return sample(order.length, 0);
    },
  });
  const close = async () => {
    order.push("closed");
  };
  const options = { repetitions: 1, onProgress: () => undefined };
  await measure("bench", { variants: [made("a"), made("b")], close }, options);
  await assert.rejects(measure("bench", { variants: [made("a"), made("b")], close }, options), /broken/);
  assert.deepEqual(order, ["a", "b", "closed", "a", "closed"]);
});

test("the table says what is void, and each note once", () => {
  const figures = [
    ...figuresOf("bench", variant, [sample(12_345.6, 0.9)]),
    ...figuresOf("bench", variant, [sample(1, 0)]),
  ];
  const text = table(figures);
  assert.match(text, /some +messages +12346 void +12346–12346 +1\/s +90 % +50 %/);
  assert.equal(text.match(/a note/g)?.length, 1);
  assert.match(text, /VOID: generator above 80 %/);
});
