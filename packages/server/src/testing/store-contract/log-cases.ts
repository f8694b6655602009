import assert from "node:assert/strict";
import { errorCodes, type LogId, limits } from "@rempart/protocol";
import type { Store } from "../../ports.ts";
import type { AskOf } from "../../store-operations.ts";
import { type Cases, dayMs, fresh, freshAuth, logIdOf, now, refusal, sweepAll } from "./support.ts";

interface Log {
  readonly logId: LogId;
  readonly readAuth: ReturnType<typeof freshAuth>;
  readonly writeAuth: ReturnType<typeof freshAuth>;
}

async function newLog(store: Store, retentionMs = 365 * dayMs): Promise<Log> {
  const log = { logId: logIdOf(), readAuth: freshAuth(), writeAuth: freshAuth() };
  await store.submit("logCreate", { ...log, retentionMs, now });
  return log;
}

function appendTo(log: Log, more: Partial<AskOf<"append">> = {}): AskOf<"append"> {
  const { logId, writeAuth } = log;
  const bytes = new Uint8Array([1, 2, 3]);
  return { logId, writeAuth, entryId: fresh("EntryId", 16), ifEpoch: undefined, next: undefined, bytes, now, ...more };
}

async function readAll(store: Store, { logId, readAuth }: Log, fromSeq = 1) {
  const ranges = [{ logId, readAuth, fromSeq }];
  const { slices } = await store.submit("logsRead", { ranges, entriesMax: 256, bytesMax: 65_536 });
  const slice = slices[0];
  assert.ok(slice !== undefined);
  return slice;
}

export const logCases: Cases = {
  "[LG1] numbers entries from 1 without gaps": async (store) => {
    const log = await newLog(store);
    const answers = await Promise.all([1, 2, 3].map(() => store.submit("append", appendTo(log))));
    assert.deepEqual(
      answers.map(({ seq }) => seq),
      [1, 2, 3],
    );
  },
  "[LG2] creating the same log again is harmless, another with its id is refused": async (store) => {
    const log = await newLog(store);
    await store.submit("logCreate", { ...log, retentionMs: dayMs, now });
    await refusal(store.submit("logCreate", { ...log, readAuth: freshAuth(), retentionMs: dayMs, now }), "ERR_EXISTS");
    const next = { readAuth: freshAuth(), writeAuth: freshAuth() };
    await store.submit("append", appendTo(log, { ifEpoch: 0, next }));
    await store.submit("logCreate", { ...log, retentionMs: dayMs, now });
    await refusal(store.submit("logCreate", { ...log, ...next, retentionMs: dayMs, now }), "ERR_EXISTS");
  },
  "[LG3] a key that never wrote a log, and an unknown log, are refused alike": async (store) => {
    const log = await newLog(store);
    await refusal(store.submit("append", appendTo(log, { writeAuth: log.readAuth })), "ERR_DENIED");
    await refusal(store.submit("append", appendTo({ ...log, logId: logIdOf() })), "ERR_DENIED");
  },
  "[LG4] a repeated append returns the first one's numbers and adds nothing": async (store) => {
    const log = await newLog(store);
    const ask = appendTo(log);
    const first = await store.submit("append", ask);
    const again = await store.submit("append", { ...ask, now: now + 5, bytes: new Uint8Array([9]) });
    assert.deepEqual(again, { ...first, isRepeat: true });
    const { entries, headSeq } = await readAll(store, log);
    assert.equal(headSeq, 1);
    assert.deepEqual(
      entries.map(({ bytes }) => [...bytes]),
      [[1, 2, 3]],
    );
  },
  "[LG4] a repeated append is recognised after its epoch is over": async (store) => {
    const log = await newLog(store);
    const commit = appendTo(log, { ifEpoch: 0, next: { readAuth: freshAuth(), writeAuth: freshAuth() } });
    const first = await store.submit("append", commit);
    assert.deepEqual(await store.submit("append", commit), { ...first, isRepeat: true });
  },
  "[LG5] of two commits for one epoch exactly one is accepted": async (store) => {
    const log = await newLog(store);
    const next = () => ({ readAuth: freshAuth(), writeAuth: freshAuth() });
    const won = store.submit("append", appendTo(log, { ifEpoch: 0, next: next() }));
    const lost = store.submit("append", appendTo(log, { ifEpoch: 0, next: next() }));
    await refusal(lost, "ERR_EPOCH");
    assert.equal((await won).seq, 1);
    assert.equal((await readAll(store, log)).headSeq, 1);
  },
  "[LG5] another epoch than ifEpoch is refused, and nothing is kept": async (store) => {
    const log = await newLog(store);
    const ask = appendTo(log, { ifEpoch: 1 });
    await refusal(store.submit("append", ask), "ERR_EPOCH");
    assert.equal((await store.submit("append", { ...ask, ifEpoch: 0 })).seq, 1);
  },
  "[LG6] a rotation lets the next keys in and tells the old writer that its epoch is over": async (store) => {
    const log = await newLog(store);
    const next = { readAuth: freshAuth(), writeAuth: freshAuth() };
    await store.submit("append", appendTo(log, { ifEpoch: 0, next }));
    await refusal(store.submit("append", appendTo(log)), "ERR_EPOCH");
    const { seq } = await store.submit("append", appendTo({ ...log, ...next }, { ifEpoch: 1 }));
    assert.equal(seq, 2);
  },
  "[LG8] receivedAt never goes back, whatever the clock does": async (store) => {
    const log = await newLog(store);
    await store.submit("append", appendTo(log));
    const { receivedAt } = await store.submit("append", appendTo(log, { now: now - dayMs }));
    assert.equal(receivedAt, now);
  },
};

export const readCases: Cases = {
  "[LG7] an old read key reads up to the commit that ended its epoch": async (store) => {
    const log = await newLog(store);
    const next = { readAuth: freshAuth(), writeAuth: freshAuth() };
    await store.submit("append", appendTo(log));
    await store.submit("append", appendTo(log, { ifEpoch: 0, next }));
    await store.submit("append", appendTo({ ...log, ...next }));
    const old = await readAll(store, log);
    assert.deepEqual(
      { seqs: old.entries.map(({ seq }) => seq), headSeq: old.headSeq, epoch: old.epoch, isLapsed: old.isLapsed },
      { seqs: [1, 2], headSeq: 2, epoch: 0, isLapsed: true },
    );
    const current = await readAll(store, { ...log, ...next });
    assert.deepEqual(
      current.entries.map(({ seq }) => seq),
      [1, 2, 3],
    );
    assert.equal(current.isLapsed, false);
  },
  "[LG3] a wrong read key and an unknown log give the same slice": async (store) => {
    const log = await newLog(store);
    const wrong = await readAll(store, { ...log, readAuth: log.writeAuth });
    const unknown = await readAll(store, { ...log, logId: logIdOf() });
    assert.equal(wrong.status, errorCodes.ERR_DENIED);
    assert.deepEqual(wrong, unknown);
  },
  "a read keeps to its bounds, and says that there is more": async (store) => {
    const log = await newLog(store);
    const bytes = new Uint8Array(1_000);
    await Promise.all([1, 2, 3, 4, 5].map(() => store.submit("append", appendTo(log, { bytes }))));
    const range = { logId: log.logId, readAuth: log.readAuth, fromSeq: 2 };
    const read = async (entriesMax: number, bytesMax: number) => {
      const { slices } = await store.submit("logsRead", { ranges: [range], entriesMax, bytesMax });
      return { seqs: slices[0]?.entries.map(({ seq }) => seq), hasMore: slices[0]?.hasMore };
    };
    assert.deepEqual(await read(2, 65_536), { seqs: [2, 3], hasMore: true });
    assert.deepEqual(await read(256, 2_500), { seqs: [2, 3], hasMore: true });
    assert.deepEqual(await read(256, 1), { seqs: [2], hasMore: true });
    assert.deepEqual(await read(4, 65_536), { seqs: [2, 3, 4, 5], hasMore: false });
    assert.deepEqual(await read(0, 65_536), { seqs: [], hasMore: false });
  },
  "many logs are read at once, as many as fit": async (store) => {
    const logs = await Promise.all([1, 2, 3].map(() => newLog(store)));
    for (const log of logs) await store.submit("append", appendTo(log, { bytes: new Uint8Array(1_000) }));
    const ranges = logs.map(({ logId, readAuth }) => ({ logId, readAuth, fromSeq: 1 }));
    const read = async (bytesMax: number) => {
      const { slices } = await store.submit("logsRead", { ranges, entriesMax: 256, bytesMax });
      return slices.map(({ entries }) => entries.length);
    };
    assert.deepEqual(await read(65_536), [1, 1, 1]);
    assert.deepEqual(await read(1_500), [1, 1]);
    assert.deepEqual(await read(0), [1]);
  },
  "entries come back byte for byte, up to the largest": async (store) => {
    const log = await newLog(store);
    const bytes = new Uint8Array(limits.entryBytesMax).map((_, index) => index % 251);
    const ask = appendTo(log, { bytes });
    await store.submit("append", ask);
    const [entry] = (await readAll(store, log)).entries;
    assert.deepEqual(entry, { seq: 1, receivedAt: now, entryId: ask.entryId, bytes });
  },
  "operations take effect in the order of their submission": async (store) => {
    const log = await newLog(store);
    const written = store.submit("append", appendTo(log));
    const seen = readAll(store, log);
    await written;
    assert.equal((await seen).headSeq, 1);
  },
};

export const expiryCases: Cases = {
  "[LG9] expired entries go, the others and the numbering stay": async (store) => {
    const log = await newLog(store, dayMs);
    for (const at of [0, 1, 2]) await store.submit("append", appendTo(log, { now: now + at * dayMs }));
    const longer = await newLog(store);
    await store.submit("append", appendTo(longer));
    assert.equal(await sweepAll(store, now + 2 * dayMs), 1);
    assert.deepEqual(
      (await readAll(store, log)).entries.map(({ seq }) => seq),
      [2, 3],
    );
    assert.equal((await readAll(store, longer)).entries.length, 1);
    assert.equal((await store.submit("append", appendTo(log))).seq, 4);
  },
  "[LG9] a log of which everything has expired still has its head": async (store) => {
    const log = await newLog(store, dayMs);
    await store.submit("append", appendTo(log));
    await sweepAll(store, now + 30 * dayMs);
    const { entries, headSeq, hasMore } = await readAll(store, log);
    assert.deepEqual({ entries: entries.length, headSeq, hasMore }, { entries: 0, headSeq: 1, hasMore: false });
  },
  "a sweep is bounded, and a round of them reaches every log": async (store) => {
    const logs = await Promise.all(Array.from({ length: 5 }, () => newLog(store, dayMs)));
    for (const log of logs) for (let i = 0; i < 3; i++) await store.submit("append", appendTo(log));
    assert.equal(await sweepAll(store, now + 2 * dayMs, 4), 15);
  },
};
