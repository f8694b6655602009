import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { authOf, ProtocolError } from "@rempart/protocol";
import { MemoryStore } from "../platform/memory-store.ts";
import { SqliteStore } from "../platform/sqlite-store/sqlite-store.ts";
import { random } from "../testing/test-client.ts";
import { StoreSpentSet } from "./store-spent-set.ts";

const directory = await mkdtemp(join(tmpdir(), "rempart-spent-"));
after(() => rm(directory, { recursive: true }));

const end = 1_800_000_000_000;
const idOf = () => authOf(random("Capability"));
const failed = (code: string) => (error: unknown) => error instanceof ProtocolError && error.code === code;

describe("the spent set in the store", () => {
  it("[GT12] survives a restart", async () => {
    const file = join(directory, "restart.sqlite");
    const [used, fresh] = [idOf(), idOf()];
    const first = await SqliteStore.open({ file });
    assert.equal(await new StoreSpentSet(first).spend(used, end), true);
    await first.close();
    const second = await SqliteStore.open({ file });
    assert.equal(await new StoreSpentSet(second).spend(used, end), false);
    assert.equal(await new StoreSpentSet(second).spend(fresh, end), true);
    await second.close();
  });

  it("[GT12] admits one of a crowd that shows the same at once", async () => {
    const store = await SqliteStore.open({ file: join(directory, "crowd.sqlite") });
    const spent = new StoreSpentSet(store);
    const id = idOf();
    const answers = await Promise.all(Array.from({ length: 50 }, () => spent.spend(id, end)));
    assert.equal(answers.filter(Boolean).length, 1);
    await store.close();
  });

  it("[GT12] rejects on a full disk, and has forgotten nothing when there is room again", async () => {
    const file = join(directory, "full.sqlite");
    const small = await SqliteStore.open({ file, pagesMax: 60 });
    const spent = new StoreSpentSet(small);
    const kept: Uint8Array[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      const ids = Array.from({ length: 100 }, idOf);
      const outcomes = await Promise.allSettled(ids.map((id) => spent.spend(id, end)));
      kept.push(...ids.filter((_, index) => outcomes[index]?.status === "fulfilled"));
      refusal = outcomes.find((outcome) => outcome.status === "rejected")?.reason;
    }
    assert.ok(failed("ERR_STORAGE_FULL")(refusal));
    assert.ok(kept.length > 0);
    // Nothing has to be written to say that something was used: the full disk opens no way for it.
    const whileFull = await Promise.all(kept.map((id) => spent.spend(id, end)));
    assert.deepEqual(new Set(whileFull), new Set([false]));
    await small.close();
    const roomy = await SqliteStore.open({ file });
    const again = await Promise.all(kept.map((id) => new StoreSpentSet(roomy).spend(id, end)));
    assert.deepEqual(new Set(again), new Set([false]));
    await roomy.close();
  });

  it("[GT12] rejects when the store fails, whether it kept the mark or not", async () => {
    for (const fault of ["fail-and-not-persist", "fail-but-persist"] as const) {
      let isFailing = true;
      const store = new MemoryStore({ faultOf: () => (isFailing ? fault : "none") });
      const spent = new StoreSpentSet(store);
      const id = idOf();
      await assert.rejects(spent.spend(id, end), failed("ERR_STORAGE"));
      isFailing = false;
      assert.equal(await spent.spend(id, end), fault === "fail-and-not-persist");
    }
  });
});
