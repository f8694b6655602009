import assert from "node:assert/strict";
import { type AccountId, type DeviceId, gateLimits, limits } from "@rempart/protocol";
import { storeLimits } from "../../limits.ts";
import type { Store } from "../../ports.ts";
import { type Cases, dayMs, fresh, freshAuth, now, refusal, sweepAll } from "./support.ts";

const today = Math.floor(now / dayMs);

const modulus = (fill: number) => new Uint8Array(256).fill(fill);
const key = (day: number, fill = 1) => ({ day, modulus: modulus(fill), privateKey: new Uint8Array([fill]) });

async function daysOf(store: Store) {
  const { keys } = await store.submit("tokenKeysRead", {});
  return keys.map(({ day, privateKey }) => (privateKey === undefined ? `${day - today} ended` : `${day - today}`));
}

async function newDevice(store: Store, accountId: AccountId): Promise<DeviceId> {
  const deviceId = fresh("DeviceId", 16);
  const lastResort = { digest: freshAuth(), bytes: new Uint8Array([1]) };
  await store.submit("keyPackagesPublish", { device: { accountId, deviceId, suite: 1 }, packages: [], lastResort });
  return deviceId;
}

async function newAccount(store: Store): Promise<AccountId> {
  const accountId = fresh("AccountId", 32);
  const inviteAuth = freshAuth();
  const invite = { inviteAuth, revokeAuth: freshAuth(), uses: 1, expiresAt: now + dayMs, role: "member" as const };
  await store.submit("inviteCreate", invite);
  await store.submit("accountRegister", { accountId, inviteAuth, now });
  return accountId;
}

const batchOf = () => freshAuth();

export const tokenCases: Cases = {
  "[GT31] a day has one key: the first that was added": async (store) => {
    await store.submit("tokenKeyAdd", { ...key(today, 1), today });
    await store.submit("tokenKeyAdd", { ...key(today, 2), today });
    const { keys } = await store.submit("tokenKeysRead", {});
    assert.deepEqual(
      keys.map((each) => ({ ...each, modulus: each.modulus[0], privateKey: each.privateKey?.[0] })),
      [{ day: today, modulus: 1, privateKey: 1 }],
    );
  },
  "[GT31] private halves go a day after their day, keys when their tokens have ended": async (store) => {
    for (const day of [today + 1, today, today - 1]) await store.submit("tokenKeyAdd", { ...key(day), today });
    assert.deepEqual(await daysOf(store), ["-1", "0", "1"]);
    await store.submit("tokenKeyAdd", { ...key(today + 2), today: today + 1 });
    assert.deepEqual(await daysOf(store), ["-1 ended", "0", "1", "2"]);
    const last = today + gateLimits.tokenDaysKept;
    await store.submit("tokenKeyAdd", { ...key(last), today: last });
    assert.equal((await daysOf(store))[0], "-1 ended");
    await store.submit("tokenKeyAdd", { ...key(last + 1), today: last + 1 });
    assert.equal((await daysOf(store))[0], "0 ended");
  },
  "[GT32] a device is granted one batch a day, and the same one again": async (store) => {
    const accountId = await newAccount(store);
    const deviceId = await newDevice(store, accountId);
    const batch = batchOf();
    const grant = (more: object) =>
      store.submit("tokensGrant", { accountId, deviceId, day: today, batch, today, ...more });
    await grant({});
    await grant({});
    await refusal(grant({ batch: batchOf() }), "ERR_QUOTA");
    await grant({ today: today + 1 });
    await grant({ day: today + 1, today: today + 1, batch: batchOf() });
    await refusal(grant({ deviceId: await newDevice(store, accountId), today: today + 1 }), "ERR_EXPIRED");
  },
  "[GT32] an unknown device, and another account's, are granted nothing": async (store) => {
    const [accountId, other] = [await newAccount(store), await newAccount(store)];
    const deviceId = await newDevice(store, other);
    const ask = { accountId, deviceId, day: today, batch: batchOf(), today };
    await refusal(store.submit("tokensGrant", ask), "ERR_DENIED");
    await refusal(store.submit("tokensGrant", { ...ask, accountId: fresh("AccountId", 32) }), "ERR_DENIED");
    await store.submit("tokensGrant", { ...ask, accountId: other });
  },
  "[GT32] devices that come and go do not raise what an account is granted": async (store) => {
    const accountId = await newAccount(store);
    const grantToNew = async () => {
      const deviceId = await newDevice(store, accountId);
      await store
        .submit("tokensGrant", { accountId, deviceId, day: today, batch: batchOf(), today })
        .finally(() => store.submit("deviceRemove", { accountId, deviceId }));
    };
    for (let i = 0; i < limits.devicesPerAccountMax; i++) await grantToNew();
    await refusal(grantToNew(), "ERR_QUOTA");
  },
  "[GT32] grants are forgotten two days later": async (store) => {
    const accountId = await newAccount(store);
    const deviceId = await newDevice(store, accountId);
    const ask = { accountId, deviceId, day: today, batch: batchOf(), today };
    await store.submit("tokensGrant", ask);
    await sweepAll(store, (today + 2) * dayMs - 1);
    await store.submit("tokensGrant", { ...ask, today: today + 1 });
    await sweepAll(store, (today + 2) * dayMs);
    await refusal(store.submit("tokensGrant", { ...ask, today: today + 1 }), "ERR_EXPIRED");
  },
  "[GT12] what was spent is not fresh a second time, however late or together it comes": async (store) => {
    const id = freshAuth();
    const answers = await Promise.all([1, 2, 3].map(() => store.submit("spend", { id, expiresAt: now })));
    assert.deepEqual(
      answers.map(({ isFresh }) => isFresh),
      [true, false, false],
    );
    assert.deepEqual(await store.submit("spend", { id, expiresAt: now + dayMs }), { isFresh: false });
    assert.deepEqual(await store.submit("spend", { id: freshAuth(), expiresAt: now }), { isFresh: true });
  },
  "[GT12] what was spent is remembered past its end, and then forgotten": async (store) => {
    const id = freshAuth();
    await store.submit("spend", { id, expiresAt: now });
    assert.equal(await sweepAll(store, now + storeLimits.spentKeptMs), 0);
    assert.deepEqual(await store.submit("spend", { id, expiresAt: now }), { isFresh: false });
    assert.equal(await sweepAll(store, now + storeLimits.spentKeptMs + 1), 1);
    assert.deepEqual(await store.submit("spend", { id, expiresAt: now }), { isFresh: true });
  },
};
