import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorCodes, limits, type ProtocolError } from "@rempart/protocol";
import fc from "fast-check";
import { LocalBus } from "../platform/local-bus.ts";
import type { Announcement } from "../ports.ts";
import { connectTo, random } from "../testing/test-client.ts";
import { entryIdOf, linkTo, newWorld, range, refusal, signedIn, TestLog } from "../testing/test-service.ts";

const seqsOf = (entries: readonly { seq: number }[]) => entries.map(({ seq }) => seq);

describe("logs through the service", () => {
  it("[LG2] only a signed-in connection creates a log; everybody with the key appends", async () => {
    const world = await newWorld();
    const stranger = await connectTo(world.service);
    await refusal(TestLog.create(stranger), "ERR_NOT_AUTHENTICATED");
    const log = await TestLog.create(await signedIn(world));
    assert.equal((await log.append(stranger)).seq, 1);
  });

  it("[LG2] no log keeps its entries for longer than the limit", async () => {
    const client = await signedIn(await newWorld());
    const { logId, auths } = new TestLog();
    const policy = { retentionSeconds: limits.retentionSecondsMax + 1 };
    await refusal(client.request("create", { logId, ...auths, policy }), "ERR_QUOTA");
  });

  it("[LG3] a prober cannot tell an unknown log from a wrong key", async () => {
    const client = await signedIn(await newWorld());
    const log = await TestLog.create(client);
    const unknown = new TestLog();
    const wrong = Object.assign(new TestLog(), { logId: log.logId });
    const answers = [unknown, wrong].map(async (each) => {
      const { logId, readKey } = each;
      const codes = [each.append(client), client.request("read", { logId, readKey, fromSeq: 1, limit: 1 })].map(
        (reply) => reply.then(String, (error: ProtocolError) => `${error.code} ${error.message}`),
      );
      return [...(await Promise.all(codes)), await each.subscribe(client)];
    });
    const [first, second] = await Promise.all(answers);
    assert.deepEqual(first, second);
    assert.deepEqual(first?.at(-1), { results: [{ status: errorCodes.ERR_DENIED, headSeq: 0, epoch: 0 }] });
  });

  it("[LG5] a rotation without ifEpoch is malformed", async () => {
    const client = await signedIn(await newWorld());
    const log = await TestLog.create(client);
    const { logId, writeKey, auths: next } = log;
    const body = { logId, writeKey, entryId: entryIdOf(), ifEpoch: undefined, next, bytes: new Uint8Array(1) };
    await refusal(client.request("append", body), "ERR_MALFORMED");
    await client.until(() => client.closeCode === 1002);
  });

  it("[LG7] read returns the entries, the head and the epoch that the key reaches", async () => {
    const client = await signedIn(await newWorld());
    const log = await TestLog.create(client);
    await log.append(client);
    const { old } = await log.rotate(client, 0);
    await log.append(client);
    const read = async ({ logId, readKey }: TestLog) => {
      const { entries, headSeq, epoch } = await client.request("read", { logId, readKey, fromSeq: 0, limit: 10 });
      return { seqs: seqsOf(entries), headSeq, epoch };
    };
    assert.deepEqual(await read(old), { seqs: [1, 2], headSeq: 2, epoch: 0 });
    assert.deepEqual(await read(log), { seqs: [1, 2, 3], headSeq: 3, epoch: 1 });
  });
});

describe("subscriptions", () => {
  it("[LG10] send what was there, say caughtUp, then what comes", async () => {
    const world = await newWorld();
    const client = await signedIn(world);
    const log = await TestLog.create(client);
    for (const _ of range(1, 3)) await log.append(client);
    const reader = await connectTo(world.service);
    assert.deepEqual(await log.subscribe(reader, 2), { results: [{ status: 0, headSeq: 3, epoch: 0 }] });
    await reader.until(() => reader.pushesOf("caughtUp").length === 1);
    await log.append(client);
    await reader.until(() => reader.entries.length === 3);
    assert.deepEqual(
      reader.pushes.map(({ name }) => name),
      ["entries", "caughtUp", "entries"],
    );
    assert.deepEqual(seqsOf(reader.entries), [2, 3, 4]);
    assert.deepEqual(reader.pushesOf("caughtUp"), [{ logId: log.logId, headSeq: 3 }]);
  });

  it("[LG10] catch up with 128 logs in one request", async () => {
    const world = await newWorld();
    const client = await signedIn(world);
    const logs = await Promise.all(range(1, limits.subscriptionsPerRequestMax).map(() => TestLog.create(client)));
    for (const log of logs) for (const _ of range(1, 3)) await log.append(client, { size: 1_000 });
    const reader = await connectTo(world.service);
    const subscriptions = logs.map(({ logId, readKey }) => ({ logId, readKey, fromSeq: 1 }));
    const { results } = await reader.request("subscribe", { subscriptions });
    assert.ok(results.every(({ status, headSeq }) => status === 0 && headSeq === 3));
    await reader.until(() => reader.pushesOf("caughtUp").length === logs.length);
    for (const { logId } of logs) {
      const pushes = reader.pushesOf("entries").filter((push) => push.logId.join() === logId.join());
      assert.deepEqual(seqsOf(pushes.flatMap(({ entries }) => entries)), [1, 2, 3]);
    }
  });

  it("[LG11] lapse live at the commit that rotates, and go on with the next key", async () => {
    const world = await newWorld();
    const client = await signedIn(world);
    const reader = await connectTo(world.service);
    const log = await TestLog.create(client);
    await log.subscribe(reader);
    await log.append(client);
    await log.rotate(client, 0);
    await log.append(client);
    await reader.until(() => reader.pushesOf("lapsed").length === 1);
    assert.deepEqual(seqsOf(reader.entries), [1, 2]);
    assert.deepEqual(reader.pushesOf("lapsed"), [{ logId: log.logId, seq: 2 }]);
    await log.subscribe(reader, 3);
    await reader.until(() => reader.entries.length === 3);
    assert.deepEqual(seqsOf(reader.entries), [1, 2, 3]);
  });

  it("[LG11] with an old key send up to its commit and lapse without caughtUp", async () => {
    const client = await signedIn(await newWorld());
    const log = await TestLog.create(client);
    await log.append(client);
    const { old } = await log.rotate(client, 0);
    await log.append(client);
    assert.deepEqual(await old.subscribe(client), { results: [{ status: 0, headSeq: 2, epoch: 0 }] });
    await client.until(() => client.pushesOf("lapsed").length === 1);
    assert.deepEqual(seqsOf(client.entries), [1, 2]);
    assert.deepEqual(client.pushesOf("caughtUp"), []);
  });

  it("[LG12] with a cursor beyond the head go on at the head, and the reply says where that is", async () => {
    const client = await signedIn(await newWorld());
    const log = await TestLog.create(client);
    await log.append(client);
    assert.deepEqual(await log.subscribe(client, 50), { results: [{ status: 0, headSeq: 1, epoch: 0 }] });
    await log.append(client);
    await client.until(() => client.entries.length === 1);
    assert.deepEqual(seqsOf(client.entries), [2]);
  });

  it("[LG9] start at the first entry that is kept", async () => {
    const world = await newWorld();
    const client = await signedIn(world);
    const log = await TestLog.create(client);
    await log.append(client);
    world.clock.time += 400 * 86_400_000;
    await log.append(client);
    await world.service.tick();
    await log.subscribe(client);
    await client.until(() => client.pushesOf("caughtUp").length === 1);
    assert.deepEqual(seqsOf(client.entries), [2]);
  });

  it("[LG13] a second subscription replaces the first; unsubscribe ends it", async () => {
    const client = await signedIn(await newWorld());
    const log = await TestLog.create(client);
    await log.append(client);
    await log.subscribe(client);
    await log.subscribe(client);
    await client.until(() => client.pushesOf("caughtUp").length >= 1);
    await log.append(client);
    await client.until(() => client.entries.at(-1)?.seq === 2);
    assert.equal(client.entries.filter(({ seq }) => seq === 2).length, 1);
    await client.request("unsubscribe", { logIds: [log.logId, random("LogId")] });
    await log.append(client);
    await client.request("ping", {});
    assert.equal(client.entries.at(-1)?.seq, 2);
  });

  it("[LG13] are bounded per connection", async () => {
    const client = await signedIn(await newWorld());
    const perRequest = limits.subscriptionsPerRequestMax;
    const requests = range(1, limits.subscriptionsPerConnectionMax / perRequest + 1).map(() => {
      const subscriptions = range(1, perRequest).map(() => {
        return { logId: random("LogId"), readKey: random("Capability"), fromSeq: 1 };
      });
      return client.request("subscribe", { subscriptions });
    });
    const last = requests.pop();
    assert.ok(last !== undefined);
    await refusal(last, "ERR_QUOTA");
    assert.equal((await Promise.all(requests)).length, limits.subscriptionsPerConnectionMax / perRequest);
  });

  it("[LG14] a slow reader costs no more than its buffer, and misses nothing", async () => {
    const world = await newWorld();
    const client = await signedIn(world);
    const slow = await linkTo(world.service);
    const log = await TestLog.create(client);
    await log.subscribe(slow.client);
    slow.isPaused = true;
    let bufferedMax = 0;
    for (const _ of range(1, 100)) {
      await log.append(client, { size: 10_000 });
      bufferedMax = Math.max(bufferedMax, slow.bufferedBytes);
    }
    assert.ok(bufferedMax < 2 * 65_536 + 10_000, `${bufferedMax} bytes`);
    slow.resume();
    await slow.client.until(() => slow.client.entries.length === 100);
    await log.append(client);
    await slow.client.until(() => slow.client.entries.length === 101);
    assert.deepEqual(seqsOf(slow.client.entries), range(1, 101));
    assert.ok(world.service.counters.fallsBehind > 0);
  });

  it("[LG15] come right when announcements are lost, repeated or reordered", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("pass", "lose", "hold", "repeat"), { maxLength: 30 }),
        async (fates) => {
          const bus = new FaultyBus();
          const world = await newWorld({ bus });
          const client = await signedIn(world);
          const log = await TestLog.create(client);
          await log.subscribe(client);
          for (const fate of fates) {
            bus.fate = fate;
            await log.append(client);
          }
          bus.heal();
          await log.append(client);
          await client.until(() => client.entries.length >= fates.length + 1);
          assert.deepEqual(seqsOf(client.entries), range(1, fates.length + 1));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("[LG15] two processes on one store and bus see each other's appends", async () => {
    const world = await newWorld();
    const busses = [new SharedBus(), new SharedBus()];
    for (const bus of busses) bus.all = busses;
    const [first, second] = await Promise.all(busses.map((bus) => newWorld({ bus, disk: world.store.disk })));
    assert.ok(first !== undefined && second !== undefined);
    const client = await signedIn(second);
    const log = await TestLog.create(client);
    const reader = await connectTo(first.service);
    await log.subscribe(reader);
    await log.append(client);
    await reader.until(() => reader.entries.length === 1);
    assert.deepEqual(seqsOf(reader.entries), [1]);
  });

  it("[LG15] an append that failed and was kept reaches subscribers, whether or not it is sent again", async () => {
    const faults = { isFailing: false };
    const world = await newWorld({ faultOf: () => (faults.isFailing ? "fail-but-persist" : "none") });
    const client = await signedIn(world);
    const log = await TestLog.create(client);
    const reader = await connectTo(world.service);
    await log.subscribe(reader);
    await log.append(client);
    faults.isFailing = true;
    await refusal(log.append(client, { fill: 1 }), "ERR_STORAGE");
    await reader.until(() => reader.entries.length === 2);
    faults.isFailing = false;
    await log.append(client);
    await reader.until(() => reader.entries.length === 3);
    assert.deepEqual(seqsOf(reader.entries), [1, 2, 3]);
  });

  it("[LG4] an append that failed and was kept reaches subscribers with its retry", async () => {
    const faults = { isFailing: false };
    const world = await newWorld({ faultOf: () => (faults.isFailing ? "fail-but-persist" : "none") });
    const client = await signedIn(world);
    const log = await TestLog.create(client);
    await log.subscribe(client);
    const entryId = entryIdOf();
    faults.isFailing = true;
    await refusal(log.append(client, { entryId, fill: 1 }), "ERR_STORAGE");
    faults.isFailing = false;
    assert.equal((await log.append(client, { entryId, fill: 2 })).seq, 1);
    await client.until(() => client.entries.length === 1);
    assert.equal(client.entries[0]?.bytes[0], 1);
  });

  it("no interleaving of appends and subscribers loses, doubles or reorders", async () => {
    const step = fc.record({ isAppend: fc.boolean(), count: fc.integer({ min: 1, max: 8 }), fromSeq: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const world = await newWorld({ limits: { streamBufferedBytesMax: 600 } });
        const client = await signedIn(world);
        const log = await TestLog.create(client);
        const pending: Promise<unknown>[] = [];
        const readers: { reader: typeof client; fromSeq: number }[] = [];
        let total = 0;
        for (const { isAppend, count, fromSeq } of steps) {
          if (isAppend) {
            total += count;
            pending.push(...range(1, count).map(() => log.append(client, { size: 100 })));
          } else {
            const reader = await connectTo(world.service);
            readers.push({ reader, fromSeq: Math.max(1, Math.min(fromSeq, total)) });
            pending.push(log.subscribe(reader, Math.max(1, Math.min(fromSeq, total))));
          }
        }
        await Promise.all(pending);
        for (const { reader, fromSeq } of readers) {
          await reader.until(() => total < fromSeq || reader.entries.at(-1)?.seq === total);
          assert.deepEqual(seqsOf(reader.entries), range(fromSeq, total));
        }
      }),
      { numRuns: 100 },
    );
  });
});

type Fate = "pass" | "lose" | "hold" | "repeat";

/** One process's end of a bus that reaches every process. */
class SharedBus extends LocalBus {
  all: readonly SharedBus[] = [];

  override announce(announcement: Announcement): void {
    for (const bus of this.all) bus.announceHere(announcement);
  }

  announceHere(announcement: Announcement): void {
    super.announce(announcement);
  }
}

/** Loses, repeats and reorders announcements, within what the port allows. */
class FaultyBus extends LocalBus {
  fate: Fate = "pass";
  #held: Announcement[] = [];

  override announce(announcement: Announcement): void {
    // The entry's bytes are a view that stays as it is: what is held may be delivered later.
    if (this.fate === "lose") return;
    if (this.fate === "hold") {
      this.#held.push(announcement);
      return;
    }
    super.announce(announcement);
    if (this.fate !== "repeat") return;
    super.announce(announcement);
    for (const held of this.#held.splice(0).reverse()) super.announce(held);
  }

  heal(): void {
    this.fate = "pass";
  }
}
