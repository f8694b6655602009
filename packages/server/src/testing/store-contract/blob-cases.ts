import assert from "node:assert/strict";
import { limits } from "@rempart/protocol";
import { storeLimits } from "../../limits.ts";
import type { Store } from "../../ports.ts";
import { type Cases, dayMs, fresh, freshAuth, now, refusal, sweepAll } from "./support.ts";

async function newBlob(store: Store, size: number, expiresAt = now + dayMs) {
  const blob = { blobId: fresh("BlobId", 16), readAuth: freshAuth(), writeAuth: freshAuth(), size, expiresAt };
  await store.submit("blobCreate", blob);
  const { blobId, readAuth, writeAuth } = blob;
  return { ...blob, readKey: { blobId, auth: readAuth }, writeKey: { blobId, auth: writeAuth } };
}

const content = (length: number, from = 0) => Uint8Array.from({ length }, (_, index) => (from + index) % 251);

export const blobCases: Cases = {
  "[WR30] a blob is written front to back and goes on where it stopped": async (store) => {
    const { writeKey, readKey } = await newBlob(store, 10_000);
    const write = (offset: number, length: number) =>
      store.submit("blobWrite", { key: writeKey, offset, bytes: content(length, offset) });
    assert.deepEqual(await write(0, 6_000), { stored: 6_000 });
    await refusal(write(0, 6_000), "ERR_OFFSET");
    await refusal(write(7_000, 3_000), "ERR_OFFSET");
    for (const key of [readKey, writeKey]) {
      assert.deepEqual(await store.submit("blobStat", { key }), { size: 10_000, stored: 6_000 });
    }
    await refusal(write(6_000, 4_001), "ERR_QUOTA");
    assert.deepEqual(await write(6_000, 4_000), { stored: 10_000 });
  },
  "[WR31] any range can be read, across pieces, up to what is stored": async (store) => {
    const { writeKey, readKey } = await newBlob(store, 100_000);
    for (let offset = 0; offset < 60_000; offset += 20_000) {
      await store.submit("blobWrite", { key: writeKey, offset, bytes: content(20_000, offset) });
    }
    const read = async (offset: number, length: number) =>
      (await store.submit("blobRead", { key: readKey, offset, length })).bytes;
    assert.deepEqual(await read(19_990, 20_020), content(20_020, 19_990));
    assert.deepEqual(await read(0, 1), content(1));
    assert.deepEqual(await read(59_000, 5_000), content(1_000, 59_000));
    assert.equal((await read(60_000, 10)).length, 0);
    assert.equal((await read(0, 4_294_967_295)).length, limits.blobChunkBytesMax);
  },
  "[WR32] each capability does its own; an unknown blob and a wrong key are refused alike": async (store) => {
    const { readKey, writeKey } = await newBlob(store, 10_000);
    const bytes = content(5_000);
    await refusal(store.submit("blobWrite", { key: readKey, offset: 0, bytes }), "ERR_DENIED");
    await refusal(store.submit("blobRead", { key: writeKey, offset: 0, length: 1 }), "ERR_DENIED");
    await refusal(store.submit("blobStat", { key: { ...readKey, blobId: fresh("BlobId", 16) } }), "ERR_DENIED");
    await refusal(store.submit("blobDelete", { key: readKey }), "ERR_DENIED");
  },
  "[WR33] pieces before the last have a least size": async (store) => {
    const { writeKey } = await newBlob(store, 10_000);
    const write = (offset: number, bytes: Uint8Array) => store.submit("blobWrite", { key: writeKey, offset, bytes });
    await refusal(write(0, content(storeLimits.blobChunkBytesMin - 1)), "ERR_QUOTA");
    await write(0, content(9_999));
    assert.deepEqual(await write(9_999, content(1)), { stored: 10_000 });
  },
  "[WR34] a deleted blob is out of reach at once, an expired one after the sweep": async (store) => {
    const deleted = await newBlob(store, 5_000);
    const expired = await newBlob(store, 5_000);
    const kept = await newBlob(store, 5_000, now + 9 * dayMs);
    for (const { writeKey } of [deleted, expired, kept]) {
      await store.submit("blobWrite", { key: writeKey, offset: 0, bytes: content(5_000) });
    }
    await store.submit("blobDelete", { key: deleted.writeKey });
    await refusal(store.submit("blobStat", { key: deleted.readKey }), "ERR_DENIED");
    await sweepAll(store, now + 2 * dayMs);
    await refusal(store.submit("blobStat", { key: expired.readKey }), "ERR_DENIED");
    assert.deepEqual(await store.submit("blobStat", { key: kept.readKey }), { size: 5_000, stored: 5_000 });
  },
  "creating the same blob again is harmless, another with its id is refused": async (store) => {
    const { blobId, readAuth, writeAuth, size, expiresAt } = await newBlob(store, 10);
    await store.submit("blobCreate", { blobId, readAuth, writeAuth, size, expiresAt });
    await refusal(store.submit("blobCreate", { blobId, readAuth, writeAuth, size: 11, expiresAt }), "ERR_EXISTS");
  },
};
