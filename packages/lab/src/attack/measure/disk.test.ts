import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../../process/temporary-directory.ts";
import { pause } from "../honest/waiting.ts";
import { diskIn, diskUnderAttack, stallOf } from "./disk.ts";
import { DiskProbe } from "./disk-probe.ts";

const times = { quiet: 0, attack: 10_000, after: 20_000, end: 30_000 };

let directory = "";
before(async () => {
  directory = await makeTemporaryDirectory();
});
after(() => removeTemporaryDirectory(directory));

test("a disk stalls by its long waits, each in the phase that it fell into", () => {
  const diskWaits = [
    { at: 5_000, ms: 99 },
    { at: 9_900, ms: 400 },
    { at: 15_000, ms: 30 },
    { at: 25_000, ms: 50 },
  ];
  const watched = { times, diskWaits };
  assert.deepEqual(diskIn(watched, "quiet"), { waitMsMax: 99, stalledShare: 0 });
  assert.deepEqual(diskIn(watched, "attack"), { waitMsMax: 400, stalledShare: 0.03 });
  assert.deepEqual(diskIn(watched, "after"), { waitMsMax: 50, stalledShare: 0 });
  assert.deepEqual(diskUnderAttack(watched), { waitMsMax: 400, stalledShare: 0.03 });
});

test("a single long wait within a hundredth of the time is no stall, two of them are", () => {
  const wait = (at: number) => ({ at, ms: 100 });
  assert.equal(stallOf(diskUnderAttack({ times, diskWaits: [wait(12_000)] })), undefined);
  assert.match(
    stallOf(diskUnderAttack({ times, diskWaits: [wait(12_000), wait(13_000)] })) ?? "",
    /late by 100 ms and more in 2\.0 % of the time/,
  );
});

test("the probe waits for the real disk, again and again", async () => {
  const probe = await DiskProbe.start(directory);
  for (let i = 0; i < 1_000 && probe.waits.length < 3; i++) await pause(10);
  await probe.close();
  assert.ok(probe.waits.length >= 3);
  const [first, second] = probe.waits;
  assert.ok(probe.waits.every(({ ms }) => ms > 0));
  assert.ok((second?.at ?? 0) > (first?.at ?? 0));
  const count = probe.waits.length;
  await pause(150);
  assert.equal(probe.waits.length, count);
});
