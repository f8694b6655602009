import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolError } from "@rempart/protocol";
import { ClientError } from "../errors.ts";
import { Lanes } from "./lanes.ts";
import { Pump } from "./pump.ts";
import { Waiters } from "./waiters.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a lane runs one thing at a time, in order, whatever fails in it; other lanes go on", async () => {
  const lanes = new Lanes();
  const seen: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = lanes.run("a", async () => {
    await gate;
    seen.push("a1");
    throw new Error("a1 failed");
  });
  const second = lanes.run("a", async () => void seen.push("a2"));
  await lanes.run("b", async () => void seen.push("b1"));
  open();
  await assert.rejects(first, /a1 failed/);
  await second;
  assert.deepEqual(seen, ["b1", "a1", "a2"]);
  await lanes.idle();
});

function makePump(work: (key: string) => Promise<"again" | "idle">) {
  const timers: { delayMs: number; run: () => void }[] = [];
  const failures: unknown[] = [];
  const clock = {
    now: () => 0,
    after(delayMs: number, run: () => void) {
      timers.push({ delayMs, run });
      return () => undefined;
    },
  };
  return {
    pump: new Pump({ clock, fraction: () => 0.5, work, failed: (error) => failures.push(error) }),
    timers,
    failures,
  };
}

test("a kick while a pump works makes it look once more", async () => {
  let runs = 0;
  const { pump } = makePump(async () => {
    runs++;
    if (runs === 1) pump.kick("x");
    return "idle";
  });
  pump.kick("x");
  await settled();
  assert.equal(runs, 2);
});

test("a pump tries again later what time may heal, and waits for a connection where it lacks one", async () => {
  const errors = [new ProtocolError("ERR_BUSY", "", 5_000), new Error("defect"), new ClientError("ERR_OFFLINE", "")];
  const { pump, timers, failures } = makePump(async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return "idle";
  });
  pump.kick("x");
  await settled();
  assert.equal(timers[0]?.delayMs, 7_500, "what the server asked for, and a jitter");
  timers.shift()?.run();
  await settled();
  assert.deepEqual(failures.map(String), ["Error: defect"]);
  assert.equal(timers[0]?.delayMs, 1_000);
  timers.shift()?.run();
  await settled();
  assert.deepEqual([errors.length, timers.length], [0, 0]);
});

test("who waits is asked at every change, and told when it ends", async () => {
  const waiters = new Waiters();
  let value: number | undefined;
  const waiting = waiters.until(() => value);
  waiters.changed();
  value = 7;
  waiters.changed();
  assert.equal(await waiting, 7);
  const abandoned = waiters.until(() => undefined);
  waiters.close(new ClientError("ERR_CLOSED", "over"));
  await assert.rejects(abandoned, { code: "ERR_CLOSED" });
});
