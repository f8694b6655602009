import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { membersMax, type RunOptions } from "../testing/random-world.ts";
import { classical, hybrid } from "../testing/testkit.ts";

/** `REMPART_SEED` replays a run; without it every run has a new one. */
const seed = process.env.REMPART_SEED ?? String(Date.now());

/** How often each kind of step was taken. A failure carries its seed and step. */
async function runInWorker(options: RunOptions): Promise<Record<string, number>> {
  const worker = new Worker(new URL("../testing/random-worker.ts", import.meta.url), { workerData: options });
  const [counts]: unknown[] = await once(worker, "message");
  await worker.terminate();
  return counts as Record<string, number>;
}

test(`2,000 random steps with up to ${membersMax} members stay whole (REMPART_SEED=${seed})`, async (context) => {
  const counts = await runInWorker({ seed, suite: classical, steps: 2_000 });
  context.diagnostic(JSON.stringify(counts));
  for (const [kind, count] of Object.entries(counts)) assert.ok(count > 0, `there was a ${kind}`);
});

test(`100 random steps with X-Wing stay whole (REMPART_SEED=${seed})`, async (context) => {
  const counts = await runInWorker({ seed, suite: hybrid, steps: 100 });
  context.diagnostic(JSON.stringify(counts));
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count),
    100,
  );
});
