import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { asId, authOf, type Entry, ProtocolError } from "@rempart/protocol";
import { damageEntryPages } from "../../testing/damage.ts";
import { runStoreContract } from "../../testing/store-contract.ts";
import { random } from "../../testing/test-client.ts";
import type { CommitReport } from "./batch.ts";
import { SqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";

const directories: string[] = [];

async function newFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rempart-store-"));
  directories.push(directory);
  return join(directory, "store.sqlite");
}

async function clean(): Promise<void> {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
}

runStoreContract({
  name: "sqlite",
  open: async () => SqliteStore.open({ file: await newFile() }),
  dispose: clean,
});

const readKey = random("Capability");
const writeKey = random("Capability");
const logId = random("LogId");

async function openWithLog(options: SqliteStoreOptions, retentionMs = 1_000_000): Promise<SqliteStore> {
  const store = await SqliteStore.open(options);
  const auths = { readAuth: authOf(readKey), writeAuth: authOf(writeKey) };
  await store.submit("logCreate", { logId, ...auths, retentionMs, now: 0 });
  return store;
}

function append(store: SqliteStore, size = 40_000, entryId = random("EntryId")) {
  const bytes = new Uint8Array(size).fill(7);
  const writeAuth = authOf(writeKey);
  return store.submit("append", { logId, writeAuth, entryId, ifEpoch: undefined, next: undefined, bytes, now: 0 });
}

async function readAll(store: SqliteStore): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let hasMore = true; hasMore; ) {
    const ranges = [{ logId, readAuth: authOf(readKey), fromSeq: (entries.at(-1)?.seq ?? 0) + 1 }];
    const { slices } = await store.submit("logsRead", { ranges, entriesMax: 256, bytesMax: 65_536 });
    entries.push(...(slices[0]?.entries ?? []));
    hasMore = slices[0]?.hasMore ?? false;
  }
  return entries;
}

const codeOf = (error: unknown) => (error instanceof ProtocolError ? error.code : undefined);

describe("sqlite store", () => {
  it("gathers what is submitted together into few commits, and reports each", async () => {
    const reports: CommitReport[] = [];
    const store = await openWithLog({ file: await newFile(), onCommit: (report) => reports.push(report) });
    await Promise.all(Array.from({ length: 300 }, () => append(store, 100)));
    await store.close();
    assert.equal(
      reports.reduce((sum, { operations }) => sum + operations, 0),
      301,
    );
    assert.ok(reports.length <= 4, `${reports.length} commits`);
    assert.ok(reports.every(({ commitMs }) => commitMs !== undefined && commitMs > 0));
    await clean();
  });

  it("opens again with everything that was acknowledged", async () => {
    const file = await newFile();
    const first = await openWithLog({ file });
    await Promise.all(Array.from({ length: 20 }, () => append(first, 100)));
    await first.close();
    const second = await SqliteStore.open({ file });
    assert.deepEqual(
      (await readAll(second)).map(({ seq }) => seq),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    await second.close();
    await clean();
  });

  it("brings a database of the first version to this one, with everything in it", async () => {
    const file = await newFile();
    const first = await openWithLog({ file });
    await append(first, 100);
    await first.close();
    const database = new DatabaseSync(file);
    database.exec("DROP TABLE token_key; DROP TABLE token_grant; DROP TABLE spent; PRAGMA user_version = 1");
    database.close();
    const store = await SqliteStore.open({ file });
    assert.equal((await readAll(store)).length, 1);
    const id = new Uint8Array(32).fill(1);
    assert.deepEqual(await store.submit("spend", { id, expiresAt: 1 }), { isFresh: true });
    assert.deepEqual(await store.submit("tokenKeysRead", {}), { keys: [] });
    await store.close();
    await clean();
  });

  it("refuses a database of a newer version", async () => {
    const file = await newFile();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 999");
    database.close();
    await assert.rejects(SqliteStore.open({ file }), /newer version/);
    await clean();
  });

  it("says that it is full, keeps what was acknowledged, and goes on when there is room", async () => {
    const store = await openWithLog({ file: await newFile(), pagesMax: 200 });
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => append(store)));
    const kept = outcomes.filter(({ status }) => status === "fulfilled").length;
    const codes = new Set(outcomes.flatMap((each) => (each.status === "rejected" ? [codeOf(each.reason)] : [])));
    assert.deepEqual([...codes], ["ERR_STORAGE_FULL"]);
    assert.ok(kept > 5 && kept < 40, `${kept} kept`);
    assert.deepEqual(
      (await readAll(store)).map(({ seq }) => seq),
      Array.from({ length: kept }, (_, index) => index + 1),
    );
    await store.submit("sweep", { now: 2_000_000, cursor: 0, logsMax: 10, rowsMax: 100 });
    assert.equal((await append(store)).seq, kept + 1);
    await store.close();
    await clean();
  });

  it("reports a damaged page, refuses what needs it, and serves the rest", async () => {
    const file = await newFile();
    const first = await openWithLog({ file });
    const other = random("LogId");
    const auths = { readAuth: authOf(readKey), writeAuth: authOf(writeKey) };
    for (let i = 0; i < 30; i++) await append(first, 3_000);
    await first.submit("logCreate", { logId: other, ...auths, retentionMs: 1_000, now: 0 });
    await first.close();
    await damageEntryPages(file);
    const troubles: string[] = [];
    const store = await SqliteStore.open({
      file,
      onCommit: ({ trouble }) => trouble !== undefined && troubles.push(trouble),
    });
    const damaged = readAll(store).catch(codeOf);
    const ranges = [{ logId: other, readAuth: auths.readAuth, fromSeq: 1 }];
    const served = store.submit("logsRead", { ranges, entriesMax: 256, bytesMax: 65_536 });
    assert.equal(await damaged, "ERR_STORAGE");
    assert.equal((await served).slices[0]?.status, 0);
    assert.match(troubles.join(), /malformed/);
    await store.close();
    await clean();
  });

  it("refuses an operation that it cannot encode, and no other", async () => {
    const store = await openWithLog({ file: await newFile() });
    const bad = append(store, 100, asId("EntryId", new Uint8Array(16)));
    const worse = store.submit("sweep", { now: -1, cursor: 0, logsMax: 1, rowsMax: 1 });
    await assert.rejects(worse, RangeError);
    assert.equal((await bad).seq, 1);
    await store.close();
    await assert.rejects(append(store), (error) => codeOf(error) === "ERR_STORAGE");
    await clean();
  });
});
