import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, toHex } from "@rempart/protocol";
import {
  accountSigner,
  createAccountKeys,
  createDevice,
  createGroup,
  type Group,
  makeKeyPackage,
  newGroupPolicy,
  type SuiteName,
} from "@rempart/session";
import { nodeProvider } from "@rempart/session/provider/node";
import { isRoomFor } from "../devices/suites.ts";
import { clientLimits } from "../limits.ts";
import { planChange } from "./change.ts";

const crypto = nodeProvider();
const hybrid: SuiteName = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";
const classical: SuiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
const { hybridDevicesMax } = clientLimits;

async function newAccount() {
  const keys = await createAccountKeys(crypto);
  const signer = accountSigner(crypto, keys);
  const newDevice = () => createDevice(crypto, signer);
  return { accountId: keys.accountId, newDevice };
}

type Account = Awaited<ReturnType<typeof newAccount>>;

/** A group that looks as if it had so many devices, all but the founder's of one other account. */
async function crowd(suite: SuiteName, size: number, founder: Account): Promise<Group> {
  const groupId = asId("LogId", crypto.entropy.randomBytes(16));
  const policy = newGroupPolicy(founder.accountId, "crowd");
  const { group } = await createGroup(crypto, { device: await founder.newDevice(), groupId, suite, policy });
  const { accountId } = await newAccount();
  const others = Array.from({ length: size - 1 }, (_, index) => ({
    leafIndex: index + 1,
    accountId,
    deviceId: asId("DeviceId", crypto.entropy.randomBytes(16)),
  }));
  return { ...group, members: [...group.members, ...others] };
}

async function wishToAdd(suite: SuiteName, account: Account) {
  const pair = await makeKeyPackage(crypto, { device: await account.newDevice(), suite });
  const members = [{ account: toHex(account.accountId), keyPackages: [pair.publicBytes] }];
  return { kind: "add", members } as const;
}

test("a group with post-quantum keys takes newcomers up to its bound, and says what to do above it", async () => {
  const ada = await newAccount();
  const wish = await wishToAdd(hybrid, await newAccount());
  const fits = await planChange(crypto, await crowd(hybrid, hybridDevicesMax - 1, ada), wish);
  assert.equal(fits?.change.add?.length, 1);
  const full = await crowd(hybrid, hybridDevicesMax, ada);
  await assert.rejects(planChange(crypto, full, wish), { code: "ERR_HYBRID_FULL", message: /make a new group/ });
});

test("the bound is neither for new devices of members nor for groups with classical keys", async () => {
  const ada = await newAccount();
  const full = await crowd(hybrid, hybridDevicesMax, ada);
  const own = await planChange(crypto, full, await wishToAdd(hybrid, ada));
  assert.deepEqual(own?.welcomed, [toHex(ada.accountId)]);
  const large = await crowd(classical, hybridDevicesMax + 1, ada);
  const added = await planChange(crypto, large, await wishToAdd(classical, await newAccount()));
  assert.equal(added?.change.add?.length, 1);
});

test("a new group is post-quantum up to the bound", () => {
  assert.ok(isRoomFor(hybrid, hybridDevicesMax));
  assert.ok(!isRoomFor(hybrid, hybridDevicesMax + 1));
  assert.ok(isRoomFor(classical, 2_000));
});
