import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, ProtocolError } from "@rempart/protocol";
import { HandClock } from "../../connection/hand-clock.fixture.ts";
import { ClientError } from "../../errors.ts";
import { clientLimits } from "../../limits.ts";
import type { Minted } from "./mint.ts";
import { Refill } from "./refill.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const day = 20_833;
const deviceId = asId("DeviceId", new Uint8Array(16));
const server = "https://example.org";
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function setUp({ count = 32, fraction = 0.5, serverIsDaysBehind = 0 } = {}) {
  const clock = new HandClock();
  clock.time = day * dayMs;
  const world = {
    count,
    isQuiet: true,
    lastDay: undefined as number | undefined,
    answer: async (): Promise<Minted> => "some",
    mintedAt: [] as number[],
    failures: [] as unknown[],
  };
  const refill = new Refill({
    clock,
    fraction: () => fraction,
    count: () => world.count,
    lastDay: () => world.lastDay,
    quiet: () => (world.isQuiet ? { server, deviceId } : undefined),
    async mint() {
      world.mintedAt.push(clock.time - day * dayMs);
      const minted = await world.answer();
      world.lastDay = Math.floor(clock.time / dayMs) - serverIsDaysBehind;
      return minted;
    },
    failed: (error) => void world.failures.push(error),
  });
  /** In steps, so that what a timer began comes to its end. */
  const pass = async (ms: number) => {
    for (const end = clock.time + ms; clock.time < end; ) {
      clock.advance(Math.min(clientLimits.tokensLookMs / 4, end - clock.time));
      await settled();
    }
  };
  return { clock, world, refill, pass };
}

test("[GT30] with enough left, tokens are fetched once a day, at the moment that was drawn", async () => {
  const { world, refill, pass } = setUp({ fraction: 0.5 });
  refill.start();
  await pass(2 * dayMs);
  const drawn = 0.5 * clientLimits.tokensSpreadMs;
  assert.equal(world.mintedAt.length, 2);
  for (const [index, at] of world.mintedAt.entries()) {
    const lateMs = at - index * dayMs - drawn;
    assert.ok(lateMs >= 0 && lateMs <= clientLimits.tokensLookMs, `${lateMs}`);
  }
});

test("[GT30] with few left, they are fetched within about a minute", async () => {
  const { world, refill, pass } = setUp({ count: clientLimits.tokensLowCount - 1 });
  refill.start();
  await pass(clientLimits.tokensLookMs);
  assert.equal(world.mintedAt.length, 1);
});

test("[GT30] nothing is fetched while it is not quiet, nor after stop", async () => {
  const { world, refill, pass } = setUp({ count: 0 });
  world.isQuiet = false;
  refill.start();
  await pass(hourMs);
  assert.deepEqual(world.mintedAt, []);
  world.isQuiet = true;
  refill.stop();
  refill.nudge();
  await pass(hourMs);
  assert.deepEqual(world.mintedAt, []);
});

test("a refusal is obeyed: never earlier than it says, ever later when it goes on", async () => {
  const { world, refill, pass } = setUp({ count: 0 });
  world.answer = async () => {
    throw new ProtocolError("ERR_BUSY", "siege", 300_000);
  };
  refill.start();
  await pass(6 * hourMs);
  const pauses = world.mintedAt.slice(1).map((at, index) => at - (world.mintedAt[index] ?? 0));
  assert.ok(
    pauses.every((pause) => pause >= 300_000),
    pauses.join(),
  );
  assert.ok((pauses.at(-1) ?? 0) >= clientLimits.tokensRetryMsMax);
  assert.deepEqual(world.failures, [], "what a server refuses with is no defect");
});

test("what is lost with the connection is tried again; what should not happen is told", async () => {
  const { world, refill, pass } = setUp({ count: 0 });
  const errors = [new ClientError("ERR_OFFLINE", "lost"), new Error("defect")];
  world.answer = async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return "some";
  };
  refill.start();
  await pass(hourMs);
  assert.equal(world.mintedAt.length, 3);
  assert.deepEqual(world.failures.map(String), ["Error: defect"]);
});

test("a clock ahead of the server's asks about once an hour, not once a minute", async () => {
  const { world, refill, pass } = setUp({ count: 0, serverIsDaysBehind: 1 });
  world.answer = async () => "none";
  refill.start();
  await pass(4 * hourMs);
  assert.ok(world.mintedAt.length >= 2 && world.mintedAt.length <= 4, world.mintedAt.join());
});
