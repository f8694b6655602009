import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StoreError } from "../../ports.ts";
import { storeContract } from "../../store-contract.ts";
import { openSqliteStore } from "./sqlite-store.ts";

async function withDatabase(work: (path: string) => Promise<void> | void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "rempart-store-"));
  try {
    await work(join(dir, "test.db"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

for (const { name, run } of storeContract) {
  test(`node:sqlite ${name}`, () => withDatabase((path) => run(async () => openSqliteStore(path))));
}

const isStoreError = (code: StoreError["code"]) => (error: unknown) =>
  error instanceof StoreError && error.code === code;

test("a full disk is ERR_LOCAL_FULL, and what was committed before stays", () =>
  withDatabase((path) => {
    const store = openSqliteStore(path);
    store.run("CREATE TABLE t (b BLOB)");
    store.transaction(() => store.run("INSERT INTO t VALUES (?)", new Uint8Array(10)));
    store.all("PRAGMA max_page_count = 4");
    const fill = () => store.transaction(() => store.run("INSERT INTO t VALUES (?)", new Uint8Array(100_000)));
    assert.throws(fill, isStoreError("ERR_LOCAL_FULL"));
    store.close();
    const reopened = openSqliteStore(path);
    assert.equal(reopened.all("SELECT b FROM t").length, 1);
    reopened.close();
  }));

test("work that catches a full disk cannot go on writing outside of its transaction", () =>
  withDatabase((path) => {
    const store = openSqliteStore(path);
    store.run("CREATE TABLE t (b BLOB)");
    store.all("PRAGMA max_page_count = 4");
    const work = (then: () => void) => () =>
      store.transaction(() => {
        assert.throws(() => store.run("INSERT INTO t VALUES (?)", new Uint8Array(100_000)));
        then();
      });
    assert.throws(
      work(() => store.run("INSERT INTO t VALUES (x'01')")),
      isStoreError("ERR_LOCAL_STORAGE"),
    );
    assert.throws(
      work(() => undefined),
      isStoreError("ERR_LOCAL_STORAGE"),
    );
    assert.deepEqual(store.all("SELECT * FROM t"), []);
    store.close();
  }));

test("a file that is no database is ERR_LOCAL_CORRUPT, and so is a damaged page", () =>
  withDatabase((path) => {
    const store = openSqliteStore(path);
    store.run("CREATE TABLE t (b BLOB)");
    store.transaction(() => store.run("INSERT INTO t VALUES (?)", new Uint8Array(20_000)));
    store.close();
    overwrite(path, 4_096, 4_096);
    const damaged = openSqliteStore(path);
    assert.throws(() => damaged.all("SELECT b FROM t"), isStoreError("ERR_LOCAL_CORRUPT"));
    damaged.close();
    overwrite(path, 0, 4_096);
    assert.throws(() => openSqliteStore(path), isStoreError("ERR_LOCAL_CORRUPT"));
  }));

test("a path that cannot be opened is ERR_LOCAL_STORAGE", () =>
  withDatabase((path) => {
    assert.throws(() => openSqliteStore(join(path, "no", "such.db")), isStoreError("ERR_LOCAL_STORAGE"));
  }));

test("a commit that fails breaks the store until it is opened again", () =>
  withDatabase((path) => {
    const store = openSqliteStore(path);
    store.run("CREATE TABLE a (id INTEGER PRIMARY KEY)");
    store.run("CREATE TABLE b (a INTEGER REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)");
    assert.throws(
      () => store.transaction(() => store.run("INSERT INTO b VALUES (1)")),
      isStoreError("ERR_LOCAL_STORAGE"),
    );
    assert.throws(() => store.all("SELECT 1"), isStoreError("ERR_LOCAL_STORAGE"));
    store.close();
    const reopened = openSqliteStore(path);
    assert.deepEqual(reopened.all("SELECT * FROM b"), []);
    reopened.close();
  }));

function overwrite(path: string, offset: number, length: number): void {
  const file = openSync(path, "r+");
  writeSync(file, new Uint8Array(length).fill(0x5a), 0, length, offset);
  closeSync(file);
}
