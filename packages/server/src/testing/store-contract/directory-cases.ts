import assert from "node:assert/strict";
import { type AccountId, authOf, type DeviceId, limits } from "@rempart/protocol";
import { storeLimits } from "../../limits.ts";
import type { Store } from "../../ports.ts";
import type { AskOf } from "../../store-operations.ts";
import { type Cases, dayMs, fresh, freshAuth, now, refusal, sweepAll } from "./support.ts";

interface Member {
  readonly accountId: AccountId;
  readonly claimAuth: ReturnType<typeof freshAuth>;
}

async function newInvite(store: Store, more: Partial<AskOf<"inviteCreate">> = {}) {
  const invite = { inviteAuth: freshAuth(), revokeAuth: freshAuth(), uses: 1, expiresAt: now + dayMs, ...more };
  await store.submit("inviteCreate", { role: "member", ...invite });
  return invite;
}

async function newMember(store: Store): Promise<Member> {
  const { inviteAuth } = await newInvite(store);
  const member = { accountId: fresh("AccountId", 32), claimAuth: freshAuth() };
  await store.submit("accountRegister", { accountId: member.accountId, inviteAuth, now });
  await store.submit("claimAuthsPut", { accountId: member.accountId, auths: [member.claimAuth] });
  return member;
}

function keyPackage() {
  const bytes: Uint8Array = fresh("DeviceId", 16);
  return { bytes, digest: authOf(bytes) };
}

const suite = 1;

async function publish(
  store: Store,
  { accountId }: Member,
  deviceId: DeviceId,
  more: Partial<AskOf<"keyPackagesPublish">>,
) {
  const device = { accountId, deviceId, suite };
  return store.submit("keyPackagesPublish", { device, packages: [], lastResort: undefined, ...more });
}

async function claim(store: Store, { accountId, claimAuth }: Member) {
  return (await store.submit("keyPackagesClaim", { accountId, claimAuth, suite })).packages;
}

export const directoryCases: Cases = {
  "[WR20] an invitation registers as many accounts as it has uses": async (store) => {
    const { inviteAuth } = await newInvite(store, { uses: 2 });
    const register = (accountId: AccountId) => store.submit("accountRegister", { accountId, inviteAuth, now });
    const first = fresh("AccountId", 32);
    await register(first);
    await register(first);
    assert.equal((await store.submit("inviteFind", { inviteAuth, now })).usesLeft, 1);
    await register(fresh("AccountId", 32));
    await refusal(register(fresh("AccountId", 32)), "ERR_INVITE_SPENT");
    assert.deepEqual(await register(first), { role: "member" });
  },
  "[WR20] a wrong, an expired and a revoked invitation are told apart": async (store) => {
    const accountId = fresh("AccountId", 32);
    const register = (inviteAuth: AskOf<"inviteFind">["inviteAuth"], at: number) =>
      store.submit("accountRegister", { accountId, inviteAuth, now: at });
    await refusal(register(freshAuth(), now), "ERR_INVITE_INVALID");
    const { inviteAuth, revokeAuth } = await newInvite(store);
    await refusal(register(inviteAuth, now + dayMs), "ERR_INVITE_EXPIRED");
    await refusal(store.submit("inviteRevoke", { revokeAuth: freshAuth() }), "ERR_NOT_FOUND");
    await store.submit("inviteRevoke", { revokeAuth });
    await refusal(register(inviteAuth, now), "ERR_INVITE_INVALID");
    assert.deepEqual(await store.submit("accountFind", { accountId }), { role: undefined });
  },
  "creating the same invitation again is harmless, another under its hash is refused": async (store) => {
    const invite = { ...(await newInvite(store)), role: "member" as const };
    await store.submit("inviteCreate", invite);
    await refusal(store.submit("inviteCreate", { ...invite, revokeAuth: freshAuth() }), "ERR_EXISTS");
    await refusal(store.submit("inviteCreate", { ...invite, inviteAuth: freshAuth() }), "ERR_EXISTS");
  },
  "the first invitation makes one admin, and only while there is no account": async (store) => {
    const first = { inviteAuth: freshAuth(), expiresAt: now + dayMs };
    const second = { inviteAuth: freshAuth(), expiresAt: now + dayMs };
    assert.deepEqual(await store.submit("inviteFirst", first), { isCreated: true });
    assert.deepEqual(await store.submit("inviteFirst", second), { isCreated: true });
    const accountId = fresh("AccountId", 32);
    await refusal(
      store.submit("accountRegister", { accountId, now, inviteAuth: first.inviteAuth }),
      "ERR_INVITE_INVALID",
    );
    const { role } = await store.submit("accountRegister", { accountId, now, inviteAuth: second.inviteAuth });
    assert.equal(role, "admin");
    assert.deepEqual(await store.submit("inviteFirst", first), { isCreated: false });
  },
  "expired invitations are forgotten after a while": async (store) => {
    const { inviteAuth } = await newInvite(store);
    const later = now + 2 * dayMs + storeLimits.expiredInviteKeptMs;
    assert.equal(await sweepAll(store, later), 1);
    await refusal(store.submit("inviteFind", { inviteAuth, now: later }), "ERR_INVITE_INVALID");
  },
  "[WR22] a single-use key package is handed out once, then the last resort": async (store) => {
    const member = await newMember(store);
    const deviceId = fresh("DeviceId", 16);
    const packages = [keyPackage(), keyPackage(), keyPackage()];
    const lastResort = keyPackage();
    assert.deepEqual(await publish(store, member, deviceId, { packages, lastResort }), { count: 3 });
    const claimed = (await Promise.all([1, 2, 3, 4, 5].map(() => claim(store, member)))).flat();
    const single = claimed.filter(({ isLastResort }) => !isLastResort);
    assert.deepEqual(
      new Set(single.map(({ bytes }) => authOf(bytes).join())),
      new Set(packages.map(({ digest }) => digest.join())),
    );
    assert.deepEqual(
      claimed.slice(3),
      [1, 2].map(() => ({ deviceId, isLastResort: true, bytes: lastResort.bytes })),
    );
  },
  "[WR22] publishing again what was handed out does not revive it": async (store) => {
    const member = await newMember(store);
    const deviceId = fresh("DeviceId", 16);
    const packages = [keyPackage()];
    await publish(store, member, deviceId, { packages });
    assert.equal((await claim(store, member)).length, 1);
    assert.deepEqual(await publish(store, member, deviceId, { packages }), { count: 0 });
    assert.deepEqual(await claim(store, member), []);
  },
  "[WR22] a claim returns one package for each device, and none for a removed one": async (store) => {
    const member = await newMember(store);
    const devices = [fresh("DeviceId", 16), fresh("DeviceId", 16)];
    for (const deviceId of devices) await publish(store, member, deviceId, { lastResort: keyPackage() });
    const claimedDevices = async () => (await claim(store, member)).map(({ deviceId }) => deviceId.join()).sort();
    assert.deepEqual(await claimedDevices(), devices.map((deviceId) => deviceId.join()).sort());
    const [gone, kept] = devices;
    assert.ok(gone !== undefined && kept !== undefined);
    await store.submit("deviceRemove", { accountId: member.accountId, deviceId: gone });
    assert.deepEqual(await claimedDevices(), [kept.join()]);
  },
  "[WR22] quotas: packages per device, devices per account, suites per device": async (store) => {
    const member = await newMember(store);
    const deviceId = fresh("DeviceId", 16);
    const fill = (count: number) =>
      publish(store, member, deviceId, { packages: Array.from({ length: count }, () => keyPackage()) });
    for (let i = 0; i < 4; i++) await fill(16);
    await refusal(fill(1), "ERR_QUOTA");
    const count = await store.submit("keyPackagesCount", { device: { accountId: member.accountId, deviceId, suite } });
    assert.deepEqual(count, { count: limits.keyPackagesPerDeviceMax });
    for (let i = 1; i < limits.devicesPerAccountMax; i++) {
      await publish(store, member, fresh("DeviceId", 16), { lastResort: keyPackage() });
    }
    await refusal(publish(store, member, fresh("DeviceId", 16), { lastResort: keyPackage() }), "ERR_QUOTA");
    const inSuite = (number: number) =>
      publish(store, member, deviceId, {
        device: { accountId: member.accountId, deviceId, suite: number },
        lastResort: keyPackage(),
      });
    for (let i = 2; i <= storeLimits.suitesPerDeviceMax; i++) await inSuite(i);
    await refusal(inSuite(99), "ERR_QUOTA");
  },
  "[WR21] profile and key packages need a claim key of the account": async (store) => {
    const member = await newMember(store);
    const { accountId, claimAuth } = member;
    await refusal(store.submit("profileGet", { accountId, claimAuth }), "ERR_NOT_FOUND");
    await store.submit("profilePut", { accountId, bytes: new Uint8Array([7]) });
    assert.deepEqual([...(await store.submit("profileGet", { accountId, claimAuth })).bytes], [7]);
    await refusal(store.submit("profileGet", { accountId, claimAuth: freshAuth() }), "ERR_DENIED");
    await refusal(claim(store, { accountId: fresh("AccountId", 32), claimAuth }), "ERR_DENIED");
    await store.submit("claimAuthsPut", { accountId, auths: [] });
    await refusal(claim(store, member), "ERR_DENIED");
  },
};
