import assert from "node:assert/strict";
import { test } from "node:test";
import { entrySizes, limits } from "@rempart/protocol";
import { decryptBlob } from "../blob.ts";
import { ascii } from "../bytes.ts";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import { nodeProvider } from "../provider/node.ts";
import { webProvider } from "../provider/web.ts";
import {
  addAll,
  assertAgree,
  at,
  type Client,
  classical,
  commitAll,
  deliver,
  found,
  groupOf,
  hex,
  hybrid,
  makeAccount,
  rejectsWith,
  testCrypto,
  testNow,
} from "../testing/testkit.ts";
import { commit } from "./commit.ts";
import { createDevice } from "./credential.ts";
import { groupInfoForRejoin, rejoin } from "./external.ts";
import { joinFromWelcome, welcomeReferences } from "./join.ts";
import { makeKeyPackage } from "./key-package.ts";
import { openEntry, openMessage } from "./open.ts";
import { directPolicy, selfPolicy } from "./policy.ts";
import { encryptMessage, proposeLeave } from "./send.ts";

for (const suite of [classical, hybrid] as const) {
  test(`a message reaches every member and names its sender, account and authenticated data (${suite})`, async () => {
    const crypto = testCrypto(suite);
    const { clients } = await groupOf(crypto, 4, { suite });
    assertAgree(clients);
    const sender = at(clients, 2);
    const staged = await encryptMessage(crypto, sender.group, ascii("hello"), ascii("aad"));
    assert.ok(entrySizes.some((size) => size === staged.entry.length));
    const others = clients.filter((client) => client !== sender);
    for (const opened of await deliver(crypto, others, staged.entry)) {
      assert.equal(opened.kind, "application");
      if (opened.kind !== "application") continue;
      assert.deepEqual(opened.payload, ascii("hello"));
      assert.deepEqual(opened.aad, ascii("aad"));
      assert.equal(opened.sender.leafIndex, sender.group.self.leafIndex);
      assert.deepEqual(opened.sender.accountId, sender.device.accountId);
      assert.deepEqual(opened.sender.deviceId, sender.device.deviceId);
    }
  });

  test(`[SN6] every commit carries a path, and a removed member cannot follow (${suite})`, async () => {
    const crypto = testCrypto(`remove ${suite}`);
    const { clients } = await groupOf(crypto, 3, { suite });
    const [founder, , removed] = clients;
    assert.ok(founder !== undefined && removed !== undefined);
    const before = removed.group;
    const staged = await commitAll(crypto, clients, founder, { removeLeaves: [removed.group.self.leafIndex] });
    assert.equal(removed.group.isActive, false);
    assertAgree(clients.slice(0, 2));
    assert.notEqual(hex(removed.group.keys.readKey), hex(staged.next.readKey));
    const later = await encryptMessage(crypto, founder.group, ascii("secret"));
    await rejectsWith(openEntry(crypto, before, later.entry), "ERR_OUTER_SEAL");
    await rejectsWith(openEntry(crypto, removed.group, later.entry), "ERR_MLS_NOT_MEMBER");
    await rejectsWith(encryptMessage(crypto, removed.group, ascii("x")), "ERR_MLS_NOT_MEMBER");
  });
}

test("one group runs across the three providers", async () => {
  const entropy = (seed: string) => seededEntropy(seed, () => testNow);
  for (const suite of [classical, hybrid] as const) {
    const providers = [
      nodeProvider(entropy("a")),
      deterministicProvider(entropy("b")),
      await webProvider(entropy("c")),
    ];
    const [first, ...rest] = providers;
    assert.ok(first !== undefined);
    const founder = await found(first, { suite });
    const members: { crypto: typeof first; client: Client }[] = [{ crypto: first, client: founder }];
    for (const crypto of rest) {
      const device = await createDevice(crypto, await makeAccount(crypto));
      const pair = await makeKeyPackage(crypto, { device, suite });
      const staged = await commit(first, founder.group, { add: [pair.publicBytes] });
      for (const member of members.slice(1)) await deliver(member.crypto, [member.client], staged.entry);
      founder.group = staged.after;
      assert.ok(staged.welcome !== undefined);
      const { group } = await joinFromWelcome(crypto, { device, welcome: staged.welcome, keyPackages: [pair] });
      members.push({ crypto, client: { device, group } });
    }
    assertAgree(members.map((member) => member.client));
    for (const from of members) {
      const others = members.filter((member) => member !== from);
      const message = await encryptMessage(from.crypto, from.client.group, ascii(from.crypto.name));
      from.client.group = message.after;
      for (const to of others) {
        const [opened] = await deliver(to.crypto, [to.client], message.entry);
        assert.deepEqual(opened?.kind === "application" && opened.payload, ascii(from.crypto.name));
      }
      const update = await commit(from.crypto, from.client.group, {});
      from.client.group = update.after;
      for (const to of others) await deliver(to.crypto, [to.client], update.entry);
      assertAgree(members.map((member) => member.client));
    }
  }
});

test("[SN8] a device that fell out comes back by replacing its own leaf", async () => {
  const crypto = testCrypto("rejoin");
  const { clients } = await groupOf(crypto, 4);
  const lost = at(clients, 1);
  const others = clients.filter((client) => client !== lost);
  const stranded = lost.group;
  await commitAll(crypto, others, at(others, 0), {});
  const kit = await groupInfoForRejoin(crypto, at(others, 2).group);
  const staged = await rejoin(crypto, { device: lost.device, kit });
  assert.equal(hex(staged.before.writeKey), hex(at(others, 0).group.keys.writeKey));
  for (const opened of await deliver(crypto, others, staged.entry)) {
    assert.ok(opened.kind === "commit");
    assert.deepEqual(opened.sender.deviceId, lost.device.deviceId);
    assert.deepEqual(
      opened.removed.map((member) => hex(member.deviceId)),
      [hex(lost.device.deviceId)],
    );
    assert.deepEqual(
      opened.added.map((member) => hex(member.deviceId)),
      [hex(lost.device.deviceId)],
    );
  }
  lost.group = staged.after;
  assertAgree(clients);
  assert.equal(lost.group.members.length, 4);
  await rejectsWith(openEntry(crypto, stranded, staged.entry), "ERR_OUTER_SEAL");
});

test("[SN8] the state that a returning device has left behind is out of the group", async () => {
  const crypto = testCrypto("twin");
  const { clients } = await groupOf(crypto, 3);
  const lost = at(clients, 1);
  const kit = await groupInfoForRejoin(crypto, at(clients, 0).group);
  const staged = await rejoin(crypto, { device: lost.device, kit });
  await deliver(crypto, clients, staged.entry);
  assert.equal(lost.group.isActive, false);
});

test("[SN9] a leave waits for another member's commit, and is committed with the next one", async () => {
  const crypto = testCrypto("leave");
  const { clients } = await groupOf(crypto, 3);
  const [founder, leaver, other] = clients;
  assert.ok(founder !== undefined && leaver !== undefined && other !== undefined);
  const [staged] = await proposeLeave(crypto, leaver.group);
  assert.ok(staged !== undefined);
  leaver.group = staged.after;
  for (const opened of await deliver(crypto, [founder, other], staged.entry)) assert.equal(opened.kind, "proposal");
  assert.equal(other.group.pendingRemovals.length, 1);
  await rejectsWith(encryptMessage(crypto, other.group, ascii("x")), "ERR_MLS_PENDING");
  await commitAll(crypto, clients, other, {});
  assert.equal(leaver.group.isActive, false);
  assertAgree([founder, other]);
  assert.equal(founder.group.members.length, 2);
});

test("[SN15] the role of an account goes with its last device", async () => {
  const crypto = testCrypto("departed");
  const { clients } = await groupOf(crypto, 3);
  const [founder, one, two] = clients;
  assert.ok(founder !== undefined && one !== undefined && two !== undefined);
  const [staged] = await proposeLeave(crypto, founder.group);
  assert.ok(staged !== undefined);
  founder.group = staged.after;
  await deliver(crypto, [one, two], staged.entry);
  await commitAll(crypto, clients, one, {});
  assertAgree([one, two]);
  assert.deepEqual(one.group.policy.roles, []);
  // [SN17] Nobody has a role any more: those who are left manage the group.
  await commitAll(crypto, [one, two], two, { policy: { ...two.group.policy, name: "ours now" } });
  assert.equal(one.group.policy.name, "ours now");
});

test("[SN4] a Welcome names the key packages that it is for, and opens with those only", async () => {
  const crypto = testCrypto("welcome");
  const founder = await found(crypto);
  const device = await createDevice(crypto, await makeAccount(crypto));
  const pair = await makeKeyPackage(crypto, { device, suite: classical });
  const spare = await makeKeyPackage(crypto, { device, suite: classical });
  const { welcome } = await commit(crypto, founder.group, { add: [pair.publicBytes] });
  assert.ok(welcome !== undefined);
  assert.deepEqual((await welcomeReferences(welcome)).map(hex), [hex(pair.reference)]);
  await rejectsWith(joinFromWelcome(crypto, { device, welcome, keyPackages: [spare] }), "ERR_MLS_NOT_MEMBER");
  const joined = await joinFromWelcome(crypto, { device, welcome, keyPackages: [spare, pair] });
  assert.equal(joined.used, pair);
  assert.deepEqual(joined.invitedBy.accountId, founder.device.accountId);
});

test("direct and self groups work with several devices of an account", async () => {
  const crypto = testCrypto("kinds");
  const alice = await makeAccount(crypto);
  const bob = await makeAccount(crypto);
  const direct = await found(crypto, { account: alice, policy: directPolicy(bob.accountId, alice.accountId) });
  const joined = await addAll(crypto, [direct], direct, [bob, alice, bob]);
  assertAgree([direct, ...joined]);
  const self = await found(crypto, { account: alice, policy: selfPolicy(alice.accountId) });
  const devices = await addAll(crypto, [self], self, [alice, alice]);
  assertAgree([self, ...devices]);
});

test("[SN22] a commit that fits no entry is detached, and opens from its blob", async () => {
  const crypto = testCrypto("detached");
  const { clients, accounts } = await groupOf(crypto, 2, { suite: hybrid });
  const [founder, other] = clients;
  assert.ok(founder !== undefined && other !== undefined);
  const pairs = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const device = await createDevice(crypto, at(accounts, 0));
      return makeKeyPackage(crypto, { device, suite: hybrid });
    }),
  );
  const staged = await commit(crypto, founder.group, { add: pairs.map((pair) => pair.publicBytes) });
  assert.ok(staged.blob !== undefined);
  assert.equal(staged.entry.length, limits.entryBytesMax);
  const opened = await openEntry(crypto, other.group, staged.entry);
  assert.ok(opened.kind === "detached");
  const message = await decryptBlob(crypto, opened.blob, staged.blob.ciphertext);
  const inner = await openMessage(crypto, other.group, message);
  assert.ok(inner.kind === "commit");
  assert.equal(inner.added.length, 20);
  assert.equal(hex(inner.after.keys.readKey), hex(staged.after.keys.readKey));
});

test("[SN9] two devices that propose each other's removal and their own at once are both removed", async () => {
  const crypto = testCrypto("both leave");
  const { clients, accounts } = await groupOf(crypto, 2);
  const [bob, laptop] = clients;
  const [phone] = await addAll(crypto, clients, at(clients, 0), [at(accounts, 1)]);
  assert.ok(bob !== undefined && laptop !== undefined && phone !== undefined);
  const leaves = [laptop, phone].map(({ group }) => group.self.leafIndex);
  // Both have made their proposals before they see those of the other.
  const made = await Promise.all([laptop, phone].map(({ group }) => proposeLeave(crypto, group, leaves)));
  for (const [index, client] of [laptop, phone].entries()) client.group = made[index]?.at(-1)?.after ?? client.group;
  for (const [index, sender] of [laptop, phone].entries()) {
    for (const { entry } of made[index] ?? []) {
      await deliver(
        crypto,
        [bob, laptop, phone].filter((client) => client !== sender),
        entry,
      );
    }
  }
  assert.equal(bob.group.pendingRemovals.length, 2);
  await commitAll(crypto, [laptop, phone], bob, {});
  const active = [bob, laptop, phone].map(({ group }) => group.isActive);
  assert.deepEqual(active, [true, false, false]);
});

test("[SN9] a removal that only its committer has proposed is committed inline: its proposal may not be in the log", async () => {
  const crypto = testCrypto("own proposal");
  const { clients, accounts } = await groupOf(crypto, 2);
  const [bob, laptop] = clients;
  const [phone] = await addAll(crypto, clients, at(clients, 0), [at(accounts, 1)]);
  assert.ok(bob !== undefined && laptop !== undefined && phone !== undefined);
  const [lost] = await proposeLeave(crypto, laptop.group, [phone.group.self.leafIndex]);
  assert.ok(lost !== undefined);
  laptop.group = lost.after;
  await commitAll(crypto, [bob, phone], laptop, {});
  assert.equal(phone.group.isActive, false);
  assertAgree([bob, laptop]);
});
