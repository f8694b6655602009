import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "@rempart/client";
import { storeContract } from "../../../client/src/store-contract.ts";
import { Disk } from "./disk.ts";

const nobody = () => undefined;

for (const { name, run } of storeContract) {
  test(`simulated disk ${name}`, async () => {
    const disk = new Disk();
    await run(async () => disk.open(nobody));
    disk.close();
  });
}

function withTable(disk: Disk) {
  const store = disk.open(nobody);
  store.run("CREATE TABLE t (n INTEGER) STRICT");
  return store;
}

function rowsOf(disk: Disk): number {
  return disk.open(nobody).all("SELECT n FROM t").length;
}

test("an engine killed in the middle of a transaction leaves nothing of it", () => {
  const disk = new Disk();
  let killed = 0;
  withTable(disk);
  const store = disk.open(() => killed++);
  store.run("INSERT INTO t VALUES (1)");
  store.killAfter(2);
  const work = () => {
    store.run("INSERT INTO t VALUES (2)");
    store.run("INSERT INTO t VALUES (3)");
  };
  assert.throws(() => store.transaction(work), StoreError);
  assert.equal(killed, 1);
  assert.throws(() => store.all("SELECT 1"), StoreError);
  assert.equal(rowsOf(disk), 1);
});

test("an engine that swallows the error of its death commits nothing", () => {
  const disk = new Disk();
  const store = withTable(disk);
  store.killAfter(2);
  const swallow = () => {
    store.run("INSERT INTO t VALUES (1)");
    assert.throws(() => store.run("INSERT INTO t VALUES (2)"), StoreError);
  };
  assert.throws(() => store.transaction(swallow), StoreError);
  assert.equal(rowsOf(disk), 0);
});

for (const [fault, rows] of [
  ["failAndNotPersist", 0],
  ["failButPersist", 1],
] as const) {
  test(`a commit that fails (${fault}) leaves ${rows} rows and a store that must be opened again`, () => {
    const disk = new Disk();
    const store = withTable(disk);
    store.failNextCommit(fault);
    assert.throws(() => store.transaction(() => store.run("INSERT INTO t VALUES (1)")), StoreError);
    assert.equal(store.isOpen, false);
    assert.throws(() => store.run("INSERT INTO t VALUES (2)"), StoreError);
    assert.equal(rowsOf(disk), rows);
  });
}

test("opening the disk again kills the engine that had it open", () => {
  const disk = new Disk();
  const first = withTable(disk);
  const second = disk.open(nobody);
  assert.throws(() => first.run("INSERT INTO t VALUES (1)"), StoreError);
  second.run("INSERT INTO t VALUES (2)");
  assert.equal(rowsOf(disk), 1);
});

test("a backup brings back what was there when it was taken", () => {
  const disk = new Disk();
  const store = withTable(disk);
  store.run("INSERT INTO t VALUES (1)");
  const backup = disk.backup();
  store.run("INSERT INTO t VALUES (2)");
  disk.restore(backup);
  assert.equal(rowsOf(disk), 1);
});
