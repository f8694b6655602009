import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asId, type LogId, ProtocolError } from "@rempart/protocol";
import type { Store } from "../ports.ts";
import { runStoreContract } from "../testing/store-contract.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { MemoryStore } from "./memory-store.ts";

runStoreContract({ name: "memory", open: async () => new MemoryStore() });

const logId = asId("LogId", new Uint8Array(16)) as LogId;
const readAuth = asId("Auth", new Uint8Array(32).fill(1));
const writeAuth = asId("Auth", new Uint8Array(32).fill(2));

function create(store: Store) {
  return store.submit("logCreate", { logId, readAuth, writeAuth, retentionMs: 1_000, now: 0 });
}

function append(store: Store, number: number) {
  const entryId = asId("EntryId", new Uint8Array(16).fill(number));
  const bytes = new Uint8Array([number]);
  return store.submit("append", { logId, writeAuth, entryId, ifEpoch: undefined, next: undefined, bytes, now: 0 });
}

async function headSeq(store: Store): Promise<number | undefined> {
  const ranges = [{ logId, readAuth, fromSeq: 1 }];
  return (await store.submit("logsRead", { ranges, entriesMax: 0, bytesMax: 0 })).slices[0]?.headSeq;
}

const isStorageError = (error: unknown) => error instanceof ProtocolError && error.code === "ERR_STORAGE";

describe("memory store's faults", () => {
  it("can fail without persisting, and persist while failing", async () => {
    const faults = { fault: "none" as const };
    const disk = new MemoryDisk();
    await create(new MemoryStore({ disk }));
    const losing = new MemoryStore({ disk, faultOf: () => "fail-and-not-persist" });
    await assert.rejects(append(losing, 1), isStorageError);
    assert.equal(await headSeq(losing), 0);
    const keeping = new MemoryStore({ disk, faultOf: () => "fail-but-persist" });
    await assert.rejects(append(keeping, 1), isStorageError);
    assert.equal(await headSeq(keeping), 1);
    const good = new MemoryStore({ disk, faultOf: () => faults.fault });
    assert.deepEqual(await append(good, 1), { seq: 1, receivedAt: 0, isRepeat: true });
  });

  for (const keptCount of [0, 2]) {
    it(`can crash with ${keptCount} of three waiting operations on the disk`, async () => {
      const disk = new MemoryDisk();
      await create(new MemoryStore({ disk }));
      const store = new MemoryStore({ disk, schedule: () => undefined });
      for (const number of [1, 2, 3]) void append(store, number);
      assert.equal(store.waitingCount, 3);
      store.crash({ keptCount });
      assert.equal(await headSeq(new MemoryStore({ disk })), keptCount);
      await assert.rejects(append(store, 4), isStorageError);
    });
  }
});
