import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type KillRound, runKillRounds } from "./rounds.ts";

test("three rounds of SIGKILL under load break no promise", async (t) => {
  const seed = 20_260_101;
  t.diagnostic(`seed ${seed}`);
  const rounds: KillRound[] = [];
  const report = await runKillRounds({ rounds: 3, seed, onRound: (round) => rounds.push(round) });
  assert.deepEqual(report.violations, []);
  assert.equal(rounds.length, 3);
  assert.ok(report.acknowledged > 0, "the load reached the server");
  assert.ok(
    rounds.some(({ inDoubt }) => inDoubt > 0),
    "the server died under load",
  );
});

test("canary: a write-ahead log that is lost between death and restart is noticed", async () => {
  const report = await runKillRounds({
    rounds: 3,
    seed: 2,
    onRound: () => undefined,
    onKilled: async (dataDir) => {
      for (const name of await readdir(dataDir)) if (name.endsWith("-wal")) await rm(join(dataDir, name));
    },
  });
  assert.ok(report.dataDir !== undefined, "the data is kept for somebody to look into");
  await rm(dirname(report.dataDir), { recursive: true });
  assert.match(report.violations[0] ?? "", /^K1: /);
  assert.equal(report.rounds, 1, "the first round with a violation is the last");
});
