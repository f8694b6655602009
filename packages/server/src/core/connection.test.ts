import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type ErrorCode,
  encodeRequest,
  errorCodes,
  type GateMode,
  limits,
  ProtocolError,
  protocolVersion,
} from "@rempart/protocol";
import fc from "fast-check";
import { type ServerLimits, serverLimits } from "../limits.ts";
import { LocalBus } from "../platform/local-bus.ts";
import { MemoryStore } from "../platform/memory-store.ts";
import { systemCrypto, systemEntropy } from "../platform/node-ports.ts";
import type { Store } from "../ports.ts";
import { connectTo, MemoryLink, random } from "../testing/test-client.ts";
import { linkTo, newWorld, range, refusal, signedIn, TestLog, type World } from "../testing/test-service.ts";
import { Service } from "./service.ts";

describe("a connection", () => {
  it("[WR5] begins with hello", async () => {
    const { client } = new MemoryLink((await newWorld()).service);
    await refusal(client.request("ping", {}), "ERR_OUT_OF_ORDER");
    assert.equal(client.closeCode, 1002);
  });

  it("[WR5] says hello once", async () => {
    const client = await connectTo((await newWorld()).service);
    await refusal(client.hello(), "ERR_OUT_OF_ORDER");
    assert.equal(client.closeCode, 1002);
  });

  it("[WR6] is refused in another version", async () => {
    const { client } = new MemoryLink((await newWorld()).service);
    await refusal(client.request("hello", { version: protocolVersion + 1, agent: "" }), "ERR_VERSION");
    assert.equal(client.closeCode, 1002);
  });

  it("[WR8] closes after an unknown operation, a damaged frame, and bytes left over", async () => {
    const { service } = await newWorld();
    const ping = encodeRequest("ping", 9, {});
    const cases: [Uint8Array, ErrorCode][] = [
      [Uint8Array.from(ping, (byte, index) => (index === 0 ? 0x7f : byte)), "ERR_UNKNOWN_OPERATION"],
      [Uint8Array.from([...ping, 0]), "ERR_MALFORMED"],
      [encodeRequest("inviteRevoke", 9, { revokeKey: random("Capability") }).slice(0, 20), "ERR_MALFORMED"],
      [Uint8Array.from([...ping, ...new Uint8Array(limits.frameBytesMax)]), "ERR_TOO_LARGE"],
    ];
    for (const [frame, code] of cases) {
      const client = await connectTo(service);
      await refusal(client.sendRaw(frame, 9), code);
      assert.equal(client.closeCode, 1002);
    }
  });

  it("[WR8] goes on after a refusal, and does not disturb others", async () => {
    const world = await newWorld();
    const [client, other] = [await connectTo(world.service), await connectTo(world.service)];
    await refusal(client.request("claimAuthsPut", { auths: [] }), "ERR_NOT_AUTHENTICATED");
    await client.request("ping", {});
    await client.sendRaw(new Uint8Array([0xff]), 0).catch(() => undefined);
    assert.equal(client.closeCode, 1002);
    await other.request("ping", {});
  });

  it("[WR4] survives any bytes: a coded error and a close, or a reply", async () => {
    const world = await newWorld();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 5 }), async (frames) => {
        const link = await linkTo(world.service);
        for (const frame of frames) link.client.sendRaw(frame, 0).catch(() => undefined);
        const other = await connectTo(world.service);
        await other.request("ping", {});
        assert.deepEqual(world.reports, []);
      }),
      { numRuns: 300 },
    );
    assert.equal(world.service.counters.errors.get("ERR_INTERNAL"), undefined);
  });

  it("[WR9] has so many requests in flight, and no more", async () => {
    const commits: (() => void)[] = [];
    const world = await newWorld();
    const client = await signedIn(world);
    const log = await TestLog.create(client);
    const { service } = await slowWorld(world, commits);
    const slow = await connectTo(service);
    const replies = range(1, limits.requestsInFlightMax).map(() => log.append(slow));
    await refusal(log.append(slow), "ERR_BUSY");
    for (const commit of commits.splice(0)) commit();
    assert.deepEqual(
      (await Promise.all(replies)).map(({ seq }) => seq),
      range(1, limits.requestsInFlightMax),
    );
    const after = log.append(slow);
    for (const commit of commits.splice(0)) commit();
    await after;
  });

  it("[WR9] holds so many bytes, and no more", async () => {
    const commits: (() => void)[] = [];
    const world = await newWorld();
    const log = await TestLog.create(await signedIn(world));
    const { service } = await slowWorld(world, commits);
    const slow = await connectTo(service);
    const { logId, readKey } = log;
    const read = () => slow.request("read", { logId, readKey, fromSeq: 1, limit: 1 });
    const replies = range(1, limits.inFlightBytesPerConnectionMax / limits.frameBytesMax).map(read);
    await refusal(read(), "ERR_BUSY");
    await served(replies, commits);
  });

  it("[WR9] ends a connection that asks on behind such refusals, and not one that does so at times", async () => {
    const world = await newWorld();
    const log = await TestLog.create(await signedIn(world));
    const { service } = await slowWorld(world, []);
    const greedy = await connectTo(service);
    const { logId, readKey } = log;
    const read = () => greedy.request("read", { logId, readKey, fromSeq: 1, limit: 1 });
    const waiting = range(1, limits.inFlightBytesPerConnectionMax / limits.frameBytesMax).map(read);
    for (const reply of waiting) reply.catch(() => undefined);
    for (let second = 1; second <= 2; second++) {
      for (let i = 0; i < serverLimits.excessPerSecondMax; i++) await refusal(read(), "ERR_BUSY");
      assert.equal(greedy.closeCode, undefined);
      world.clock.time += 1_000;
    }
    const more = range(0, serverLimits.excessPerSecondMax).map(read);
    assert.ok((await Promise.allSettled(more)).every(({ status }) => status === "rejected"));
    assert.equal(greedy.closeCode, 1008);
  });

  it("[WR25] reads history one piece at a time, and none while it does not read what it has", async () => {
    const commits: (() => void)[] = [];
    const world = await newWorld();
    const log = await TestLog.create(await signedIn(world));
    const { service } = await slowWorld(world, commits, { streamBufferedBytesMax: 0 });
    const link = await linkTo(service);
    const { logId, readKey } = log;
    const reads = range(1, 3).map(() => link.client.request("read", { logId, readKey, fromSeq: 1, limit: 1 }));
    await turn();
    assert.equal(commits.length, 1, "the others wait for the first");
    link.isPaused = true;
    for (const commit of commits.splice(0)) commit();
    await turn();
    assert.equal(commits.length, 0, "the first reply has not been read");
    link.resume();
    await served(reads, commits);
  });

  it("[WR25] is behind few others' history in a siege, and a message behind none", async () => {
    const commits: (() => void)[] = [];
    const world = await newWorld();
    const log = await TestLog.create(await signedIn(world));
    const { service, asked } = await slowWorld(world, commits, {}, "siege");
    const { logId, readKey } = log;
    const crowd = await Promise.all(range(1, 10).map(() => connectTo(service)));
    const reads = crowd.map((client) => client.request("read", { logId, readKey, fromSeq: 1, limit: 1 }));
    await turn();
    const reading = Array.from({ length: serverLimits.bulkMaxPressed }, () => "logsRead");
    assert.deepEqual(asked, reading);
    const append = log.append(await connectTo(service));
    await turn();
    assert.deepEqual(asked, [...reading, "append"]);
    await served([...reads, append], commits);
  });

  it("[WR25] has so much history in a slice of a siege, and more in the next", async () => {
    const slices: (() => void)[] = [];
    const later = (sliceIsOver: () => void) => void slices.push(sliceIsOver);
    const world = await newWorld({ limits: { bulkPerSliceSiege: 3 }, pressure: "siege", later });
    const log = await TestLog.create(await signedIn(world));
    const { logId, readKey } = log;
    const reader = await connectTo(world.service);
    let answered = 0;
    const reads = range(1, 8).map(async () => {
      await reader.request("read", { logId, readKey, fromSeq: 1, limit: 1 });
      answered += 1;
    });
    const answeredBySlices = [];
    for (let slice = 0; slice < 3; slice++) {
      for (let i = 0; i < 20; i++) await turn();
      answeredBySlices.push(answered);
      assert.equal(slices.length, 1, "one slice is under way");
      slices.pop()?.();
    }
    assert.deepEqual(answeredBySlices, [3, 6, 8]);
    await Promise.all(reads);
  });

  it("[WR10] is closed when it asks and does not read", async () => {
    const world = await newWorld({ limits: { outboundBytesMax: 10_000 } });
    const link = await linkTo(world.service);
    link.isPaused = true;
    const asks = range(1, 2_000).map(() => link.client.request("ping", {}).catch(() => "closed"));
    await link.client.until(() => link.client.closeCode !== undefined);
    assert.equal(link.client.closeCode, 1008);
    assert.ok((await Promise.all(asks)).includes("closed"));
    assert.equal(world.service.counters.connections, 0);
  });

  it("[WR11] is closed when it stays silent", async () => {
    const world = await newWorld();
    const silent = new MemoryLink(world.service);
    const greeted = await connectTo(world.service);
    world.clock.time += serverLimits.helloWithinMs;
    await world.service.tick();
    assert.equal(silent.client.closeCode, 1008);
    assert.equal(greeted.closeCode, undefined);
  });

  it("[WR12] hears goodbye, gets its waiting replies, and is closed when the server stops", async () => {
    const commits: (() => void)[] = [];
    const world = await newWorld();
    const log = await TestLog.create(await signedIn(world));
    const { service } = await slowWorld(world, commits);
    const client = await connectTo(service);
    const waiting = log.append(client);
    const stopped = service.stop();
    await client.until(() => client.pushesOf("goodbye").length === 1);
    await refusal(log.append(client), "ERR_SHUTTING_DOWN");
    for (const commit of commits.splice(0)) commit();
    assert.equal((await waiting).seq, 1);
    await stopped;
    assert.equal(client.closeCode, 1001);
    assert.deepEqual(client.pushesOf("goodbye")[0]?.code, errorCodes.ERR_SHUTTING_DOWN);
    assert.equal(new MemoryLink(service).client.closeCode, 1001);
  });

  it("[WR14] is told when the store fails, and when to come back", async () => {
    const world = await newWorld({ faultOf: (name) => (name === "append" ? "fail-and-not-persist" : "none") });
    const client = await signedIn(world);
    const log = await TestLog.create(client);
    const isTold = (error: unknown) =>
      error instanceof ProtocolError &&
      error.code === "ERR_STORAGE" &&
      error.retryAfterMs === serverLimits.storageRetryAfterMs;
    await assert.rejects(log.append(client), isTold);
    await client.request("ping", {});
  });

  it("leaves nothing behind", async () => {
    const world = await newWorld();
    const client = await signedIn(world);
    const log = await TestLog.create(client);
    const link = await linkTo(world.service);
    await log.subscribe(link.client);
    link.cut();
    await log.append(client);
    assert.equal(world.service.counters.subscriptions, 0);
    assert.equal(world.service.counters.connections, 1);
  });
});

/** A second service on the world's disk, whose store writes only when the test says so. */
/** Everything that has nothing to wait for has happened. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lets the store answer whatever it is asked until all of these are served. */
async function served(replies: readonly Promise<unknown>[], commits: (() => void)[]): Promise<void> {
  let left = replies.length;
  for (const reply of replies) void reply.then(() => (left -= 1));
  while (left > 0) {
    for (const commit of commits.splice(0)) commit();
    await turn();
  }
}

async function slowWorld(
  world: World,
  commits: (() => void)[],
  limits: Partial<ServerLimits> = {},
  pressure: GateMode = "normal",
) {
  const store = new MemoryStore({ disk: world.store.disk, schedule: (commit) => commits.push(commit) });
  const asked: string[] = [];
  const listened: Store = {
    submit: (name, ask) => {
      asked.push(name);
      return store.submit(name, ask);
    },
    close: () => store.close(),
  };
  const ports = {
    store: listened,
    bus: new LocalBus(),
    clock: world.clock,
    entropy: systemEntropy,
    crypto: systemCrypto,
  };
  return { service: new Service(ports, { limits, pressure: () => pressure }), asked };
}
