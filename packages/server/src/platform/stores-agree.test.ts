import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { asId, authOf, type Branded, type idBytes, ProtocolError } from "@rempart/protocol";
import fc from "fast-check";
import type { Store } from "../ports.ts";
import type { AskOf, StoreOperationName } from "../store-operations.ts";
import { MemoryStore } from "./memory-store.ts";
import { SqliteStore } from "./sqlite-store/sqlite-store.ts";

/** A few values of each kind only, so that operations meet each other. */
function few<Name extends keyof typeof idBytes>(name: Name, length: number, count = 3): fc.Arbitrary<Branded<Name>> {
  return fc.nat(count - 1).map((number) => asId(name, new Uint8Array(length).fill(number + 1)));
}

const auth = few("Auth", 32, 4);
const [logId, entryId] = [few("LogId", 16), few("EntryId", 16, 8)];
const [accountId, deviceId, blobId] = [few("AccountId", 32), few("DeviceId", 16), few("BlobId", 16)];
const time = fc.nat(5_000);
const optionalOf = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const bytesOf = (lengthMax: number) => fc.nat(lengthMax).map((length) => new Uint8Array(length).fill(length % 256));
const bytesLike = (length: number, count: number) =>
  fc.nat(count - 1).map((number) => new Uint8Array(length).fill(number + 1));
const keyPackage = fc
  .nat(20)
  .map((number) => ({ bytes: new Uint8Array([number]), digest: authOf(new Uint8Array([number])) }));
const suite = fc.nat(5);
const role = fc.constantFrom("member" as const, "admin" as const);
const device = fc.record({ accountId, deviceId, suite });
const key = fc.record({ blobId, auth });

const asks: { readonly [N in StoreOperationName]: fc.Arbitrary<AskOf<N>> } = {
  logCreate: fc.record({ logId, readAuth: auth, writeAuth: auth, retentionMs: fc.constantFrom(500, 3_000), now: time }),
  append: fc.record({
    logId,
    writeAuth: auth,
    entryId,
    ifEpoch: optionalOf(fc.nat(3)),
    next: optionalOf(fc.record({ readAuth: auth, writeAuth: auth })),
    bytes: bytesOf(300),
    now: time,
  }),
  logsRead: fc.record({
    ranges: fc.array(fc.record({ logId, readAuth: auth, fromSeq: fc.nat(6) }), { maxLength: 4 }),
    entriesMax: fc.nat(4),
    bytesMax: fc.nat(600),
  }),
  sweep: fc.record({
    now: fc.nat(9_000),
    cursor: fc.constant(0),
    logsMax: fc.constant(10),
    rowsMax: fc.constant(1_000),
  }),
  accountRegister: fc.record({ accountId, inviteAuth: auth, now: time }),
  accountFind: fc.record({ accountId }),
  inviteFirst: fc.record({ inviteAuth: auth, expiresAt: time }),
  inviteCreate: fc.record({
    inviteAuth: auth,
    revokeAuth: auth,
    uses: fc.integer({ min: 1, max: 3 }),
    expiresAt: time,
    role,
  }),
  inviteFind: fc.record({ inviteAuth: auth, now: time }),
  inviteRevoke: fc.record({ revokeAuth: auth }),
  claimAuthsPut: fc.record({ accountId, auths: fc.array(auth, { maxLength: 3 }) }),
  profilePut: fc.record({ accountId, bytes: bytesOf(9) }),
  profileGet: fc.record({ accountId, claimAuth: auth }),
  keyPackagesPublish: fc.record({
    device,
    packages: fc.array(keyPackage, { maxLength: 3 }),
    lastResort: optionalOf(keyPackage),
  }),
  keyPackagesCount: fc.record({ device }),
  keyPackagesClaim: fc.record({ accountId, claimAuth: auth, suite }),
  deviceRemove: fc.record({ accountId, deviceId }),
  blobCreate: fc.record({ blobId, readAuth: auth, writeAuth: auth, size: fc.constantFrom(10, 9_000), expiresAt: time }),
  blobWrite: fc.record({
    key,
    offset: fc.constantFrom(0, 10, 4_500),
    bytes: fc.constantFrom(10, 4_500).map((length) => new Uint8Array(length).fill(length % 256)),
  }),
  blobStat: fc.record({ key }),
  blobRead: fc.record({ key, offset: fc.nat(9_000), length: fc.nat(9_000) }),
  blobDelete: fc.record({ key }),
  tokenKeysRead: fc.constant({}),
  tokenKeyAdd: fc.record({
    day: fc.nat(12),
    modulus: bytesLike(256, 2),
    privateKey: bytesLike(9, 2),
    today: fc.nat(12),
  }),
  tokensGrant: fc.record({
    accountId,
    deviceId,
    day: fc.nat(2),
    batch: bytesLike(32, 2),
    today: fc.nat(2),
  }),
  spend: fc.record({ id: bytesLike(32, 3), expiresAt: time }),
};

interface Step {
  readonly name: StoreOperationName;
  readonly ask: never;
}

const step = fc.oneof(
  ...Object.entries(asks).map(([name, ask]) => ({
    weight: name === "append" || name === "logCreate" ? 4 : 1,
    arbitrary: (ask as fc.Arbitrary<unknown>).map((value) => ({ name, ask: value }) as Step),
  })),
);

async function outcomesOf(store: Store, steps: readonly Step[]): Promise<unknown[]> {
  const answers = steps.map(async ({ name, ask }) => {
    try {
      const answer = await store.submit(name, ask);
      // How many rows there were to remove is each store's own business.
      return name === "sweep" ? "swept" : answer;
    } catch (error) {
      return error instanceof ProtocolError ? error.code : error;
    }
  });
  return structuredClone(await Promise.all(answers));
}

describe("the store in memory and the one on SQLite", () => {
  it("answer alike, whatever is asked", async () => {
    const directory = await mkdtemp(join(tmpdir(), "rempart-agree-"));
    let number = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 120, size: "max" }), async (steps) => {
          const sqlite = await SqliteStore.open({ file: join(directory, `${++number}.sqlite`) });
          const outcomes = await outcomesOf(sqlite, steps);
          await sqlite.close();
          assert.deepEqual(outcomes, await outcomesOf(new MemoryStore(), steps));
        }),
        { numRuns: 40 },
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
