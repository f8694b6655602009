/** Accounts, devices and groups for tests. */
import assert from "node:assert/strict";
import { type AccountId, asId, type LogId } from "@rempart/protocol";
import { SessionError } from "../errors.ts";
import { commit } from "../mls/commit.ts";
import { type AccountSigner, createDevice, type DeviceKeys } from "../mls/credential.ts";
import { createGroup, joinFromWelcome } from "../mls/join.ts";
import { makeKeyPackage } from "../mls/key-package.ts";
import { openEntry } from "../mls/open.ts";
import { newGroupPolicy } from "../mls/policy.ts";
import { seededEntropy } from "../provider/deterministic.ts";
import { nodeProvider } from "../provider/node.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import type { CommitChange, Group, GroupPolicy, Opened, SessionErrorCode, StagedCommit, SuiteName } from "../types.ts";

export const classical: SuiteName = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
export const hybrid: SuiteName = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";

/** Fixed, so that runs repeat: 2026-01-01. */
export const testNow = 1_767_225_600_000;

/** Node's crypto with seeded randomness and a clock that stands still, unless the test moves it. */
export function testCrypto(seed: string, clock: { now: number } = { now: testNow }): CryptoProvider {
  return nodeProvider(seededEntropy(seed, () => clock.now));
}

export interface TestAccount extends AccountSigner {
  readonly seed: Uint8Array;
}

export async function makeAccount(crypto: CryptoProvider): Promise<TestAccount> {
  const seed = crypto.entropy.randomBytes(32);
  const accountId = asId("AccountId", await crypto.ed25519.publicKey(seed));
  return { seed, accountId, sign: (message) => crypto.ed25519.sign(seed, message) };
}

export function randomLogId(crypto: CryptoProvider): LogId {
  return asId("LogId", crypto.entropy.randomBytes(16));
}

/** A device and the group as it sees it. */
export interface Client {
  readonly device: DeviceKeys;
  group: Group;
}

export async function found(
  crypto: CryptoProvider,
  options: { readonly account?: AccountSigner; readonly suite?: SuiteName; readonly policy?: GroupPolicy } = {},
): Promise<Client> {
  const { suite = classical } = options;
  const account = options.account ?? (await makeAccount(crypto));
  const device = await createDevice(crypto, account);
  const policy = options.policy ?? newGroupPolicy(account.accountId, "test");
  const { group } = await createGroup(crypto, { device, groupId: randomLogId(crypto), suite, policy });
  return { device, group };
}

/** Commits as `committer`, and has every other client of `clients` open the entry. */
export async function commitAll(
  crypto: CryptoProvider,
  clients: readonly Client[],
  committer: Client,
  change: CommitChange,
): Promise<StagedCommit> {
  const staged = await commit(crypto, committer.group, change);
  assert.equal(staged.blob, undefined, "the commit fits an entry");
  await deliver(
    crypto,
    clients.filter((client) => client !== committer && client.group.isActive),
    staged.entry,
  );
  committer.group = staged.after;
  return staged;
}

/** Every client opens the entry and goes on with what came out. */
export async function deliver(
  crypto: CryptoProvider,
  clients: readonly Client[],
  entry: Uint8Array,
): Promise<readonly Opened[]> {
  const all: Opened[] = [];
  for (const client of clients) {
    const opened = await openEntry(crypto, client.group, entry);
    assert.notEqual(opened.kind, "detached");
    if (opened.kind !== "detached") client.group = opened.after;
    all.push(opened);
  }
  return all;
}

/** Adds one new device per account, in one commit of `committer`; returns them as clients. */
export async function addAll(
  crypto: CryptoProvider,
  clients: readonly Client[],
  committer: Client,
  accounts: readonly AccountSigner[],
): Promise<Client[]> {
  const { suite } = committer.group;
  const newcomers = await Promise.all(
    accounts.map(async (account) => {
      const device = await createDevice(crypto, account);
      return { device, pair: await makeKeyPackage(crypto, { device, suite }) };
    }),
  );
  const add = newcomers.map(({ pair }) => pair.publicBytes);
  const { welcome } = await commitAll(crypto, clients, committer, { add });
  assert.ok(welcome !== undefined);
  return Promise.all(
    newcomers.map(async ({ device, pair }) => {
      const { group } = await joinFromWelcome(crypto, { device, welcome, keyPackages: [pair] });
      return { device, group };
    }),
  );
}

/** A group of one device for each of so many new accounts; the first founded it and owns it. */
export async function groupOf(
  crypto: CryptoProvider,
  size: number,
  options: { readonly suite?: SuiteName } = {},
): Promise<{ readonly clients: Client[]; readonly accounts: TestAccount[] }> {
  const accounts = await Promise.all(Array.from({ length: size }, () => makeAccount(crypto)));
  const [first, ...rest] = accounts;
  assert.ok(first !== undefined);
  const founder = await found(crypto, { account: first, ...options });
  const joined = rest.length === 0 ? [] : await addAll(crypto, [founder], founder, rest);
  return { clients: [founder, ...joined], accounts };
}

export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  assert.ok(item !== undefined, `there is an item ${index}`);
  return item;
}

/** Everything that members of one epoch agree on. */
export function agreement(group: Group): string {
  return JSON.stringify([
    group.epoch,
    hex(group.groupId),
    hex(group.keys.readKey),
    hex(group.keys.writeKey),
    group.members.map((member) => [member.leafIndex, hex(member.accountId), hex(member.deviceId)]),
    group.policy.name,
    group.policy.roles.map((entry) => [hex(entry.accountId), entry.role]),
  ]);
}

export function assertAgree(clients: readonly Client[]): void {
  assert.equal(new Set(clients.map((client) => agreement(client.group))).size, 1);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export async function rejectsWith(action: Promise<unknown>, code: SessionErrorCode): Promise<void> {
  await assert.rejects(action, (error: unknown) => {
    assert.ok(error instanceof SessionError, `a SessionError, not ${String(error)}`);
    assert.equal(error.code, code, error.message);
    return true;
  });
}

export function accountOf(client: Client): AccountId {
  return client.device.accountId;
}
