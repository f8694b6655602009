/** The faults of ts-mls that are mended (patches/) or fenced: each test fails without its mend or fence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  acceptAll,
  createCommit,
  createProposal,
  emptyPskIndex,
  joinGroupExternal,
  makePskIndex,
  type Proposal,
  processMessage,
  processPublicMessage,
} from "ts-mls";
import { validateRatchetTree } from "ts-mls/clientState.js";
import { bytesToBase64 } from "ts-mls/util/byteArray.js";
import { ascii } from "../bytes.ts";
import { SessionError } from "../errors.ts";
import { deterministicProvider, seededEntropy } from "../provider/deterministic.ts";
import type { CryptoProvider } from "../provider/provider.ts";
import {
  externalCommit,
  externalRemoving,
  groupInfoOf,
  sealPublic,
  treeListing,
  welcomeWithTree,
} from "../testing/hostile.ts";
import {
  addAll,
  assertAgree,
  at,
  classical,
  commitAll,
  found,
  groupOf,
  hex,
  makeAccount,
  rejectsWith,
  testCrypto,
  testNow,
} from "../testing/testkit.ts";
import type { Group, SessionErrorCode } from "../types.ts";
import { commit } from "./commit.ts";
import { clientConfig, leafCapabilities } from "./config.ts";
import { createDevice, type DeviceKeys } from "./credential.ts";
import { sealEntry } from "./entry.ts";
import { groupInfoForRejoin, rejoin } from "./external.ts";
import { insideOf } from "./group.ts";
import { joinFromWelcome } from "./join.ts";
import { decodeKeyPackage, generate, makeKeyPackage, verifyKeyPackage } from "./key-package.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { openEntry, openMessage } from "./open.ts";
import { encryptMessage } from "./send.ts";
import { checkTree } from "./tree-check.ts";

const crypto = testCrypto("fences");

/** Commits whatever proposals with ts-mls alone, and seals the result as a member would. */
async function rawCommit(
  group: Group,
  extraProposals: Proposal[],
  options: { readonly alwaysPath?: boolean } = {},
): Promise<Uint8Array> {
  const { state, entryKey } = insideOf(group);
  const context = { state, cipherSuite: await crypto.suite(group.suite), pskIndex: emptyPskIndex };
  const made = await createCommit(context, {
    extraProposals,
    ratchetTreeExtension: true,
    alwaysPath: true,
    ...options,
  });
  return (await sealEntry(crypto, entryKey, encodeMessage(made.commit))).entry;
}

async function strangerDevice(): Promise<DeviceKeys> {
  return createDevice(crypto, await makeAccount(crypto));
}

test("a valid tree whose nested parents list different unmerged leaves can be joined", async () => {
  const { clients } = await groupOf(crypto, 9);
  const founder = at(clients, 0);
  const permissions = { ...founder.group.policy.permissions, addMembers: "member" } as const;
  await commitAll(crypto, clients, founder, { removeLeaves: [1, 5], policy: { ...founder.group.policy, permissions } });
  const present = clients.filter((client) => client.group.isActive);
  const last = at(present, present.length - 1);
  for (let i = 0; i < 2; i++) present.push(...(await addAll(crypto, present, last, [await makeAccount(crypto)])));
  assertAgree(present);
  const lists = insideOf(founder.group).state.ratchetTree.flatMap((node) =>
    node?.nodeType === "parent" && node.parent.unmergedLeaves.length > 0 ? [node.parent.unmergedLeaves.join()] : [],
  );
  assert.deepEqual(lists.sort(), ["1", "1,5"]);
});

test("[SN6] a commit without a path is refused", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const pair = await makeKeyPackage(crypto, { device: await strangerDevice(), suite: classical });
  const add: Proposal = { proposalType: "add", add: { keyPackage: decodeKeyPackage(pair.publicBytes) } };
  const entry = await rawCommit(alice.group, [add], { alwaysPath: false });
  await rejectsWith(openEntry(crypto, bob.group, entry), "ERR_POLICY");
  await openEntry(crypto, bob.group, await rawCommit(alice.group, [add]));
});

test("the library itself puts a path into a commit of a single remove", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob, carol] = clients;
  assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
  const remove: Proposal = { proposalType: "remove", remove: { removed: carol.group.self.leafIndex } };
  const entry = await rawCommit(alice.group, [remove], { alwaysPath: false });
  const opened = await openEntry(crypto, bob.group, entry);
  assert.ok(opened.kind === "commit" && opened.removed.length === 1);
});

test("a removed member whose leaf is filled by the same commit knows that it is out", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, , carol] = clients;
  assert.ok(alice !== undefined && carol !== undefined);
  const pair = await makeKeyPackage(crypto, { device: await strangerDevice(), suite: classical });
  await commitAll(crypto, clients, alice, { add: [pair.publicBytes], removeLeaves: [carol.group.self.leafIndex] });
  assert.equal(carol.group.isActive, false);
});

test("[SN8] an outsider who holds a GroupInfo replaces nobody", async () => {
  const { clients, accounts } = await groupOf(crypto, 3);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const victim = bob.group.self.leafIndex;
  const cases: readonly (readonly [DeviceKeys, number | undefined, SessionErrorCode])[] = [
    // A stranger, another device of the victim's own account, and joins that replace nobody.
    [await strangerDevice(), victim, "ERR_POLICY"],
    [await createDevice(crypto, at(accounts, 1)), victim, "ERR_POLICY"],
    [await strangerDevice(), undefined, "ERR_POLICY"],
    [await createDevice(crypto, at(accounts, 1)), undefined, "ERR_POLICY"],
  ];
  for (const [device, replaced, code] of cases) {
    const join = replaced === undefined ? { device } : { device, victim: replaced };
    const entry = await sealPublic(crypto, alice.group, await externalCommit(crypto, alice.group, join));
    await rejectsWith(openEntry(crypto, alice.group, entry), code);
  }
});

test("[SN8] a leaf with the victim's credential and another key replaces nobody", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const stranger = await strangerDevice();
  const message = await externalCommit(crypto, alice.group, { device: stranger, victim: bob.group.self.leafIndex });
  const { content } = message;
  assert.ok(content.contentType === "commit" && content.commit.path !== undefined);
  const { path } = content.commit;
  const leafNode = {
    ...path.leafNode,
    credential: { credentialType: "basic" as const, identity: bob.device.credential },
  };
  const forged = { ...message, content: { ...content, commit: { ...content.commit, path: { ...path, leafNode } } } };
  const entry = await sealPublic(crypto, alice.group, forged);
  await rejectsWith(openEntry(crypto, alice.group, entry), "ERR_CREDENTIAL");
});

const hostileLeaves = [3, 7, 1_000, 0x3fff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

test("an external commit that removes a leaf outside the tree is refused at once", async () => {
  const { clients } = await groupOf(crypto, 3);
  const alice = at(clients, 0);
  const suite = await crypto.suite(classical);
  for (const removed of hostileLeaves) {
    const hostile = await externalRemoving(crypto, alice.group, { device: await strangerDevice(), removed });
    const entry = await sealPublic(crypto, alice.group, hostile);
    await rejectsWith(openEntry(crypto, alice.group, entry), "ERR_MLS_INVALID");
    // And the library alone, without our check ahead of it.
    await assert.rejects(processPublicMessage(insideOf(alice.group).state, hostile, emptyPskIndex, suite));
  }
});

test("a Welcome with a hostile ratchet tree is refused at once", async () => {
  const founder = await found(crypto);
  await addAll(crypto, [founder], founder, [await makeAccount(crypto)]);
  const device = await strangerDevice();
  const pair = await makeKeyPackage(crypto, { device, suite: classical });
  const { welcome, after } = await commit(crypto, founder.group, { add: [pair.publicBytes] });
  assert.ok(welcome !== undefined);
  const options = { welcome, pair, device, liar: after };
  const honest = await welcomeWithTree(crypto, { ...options, change: (tree) => tree });
  await joinFromWelcome(crypto, { device, welcome: honest, keyPackages: [pair] });
  for (const leaf of hostileLeaves) {
    const hostile = await welcomeWithTree(crypto, { ...options, change: (tree) => treeListing(tree, leaf) });
    await rejectsWith(joinFromWelcome(crypto, { device, welcome: hostile, keyPackages: [pair] }), "ERR_MLS_INVALID");
  }
});

test("the library alone refuses a hostile ratchet tree at once", async () => {
  const { clients } = await groupOf(crypto, 3);
  const { ratchetTree, groupContext } = insideOf(at(clients, 0).group).state;
  const { authService, lifetimeConfig } = clientConfig(crypto);
  const suite = await crypto.suite(classical);
  for (const leaf of hostileLeaves) {
    const tree = treeListing(ratchetTree, leaf);
    const fault = await validateRatchetTree(
      tree,
      groupContext,
      lifetimeConfig,
      authService,
      groupContext.treeHash,
      suite,
    );
    assert.match(String(fault), /Unmerged leaf/);
  }
});

test("coming back without a leaf to replace is refused at once", async () => {
  const { clients } = await groupOf(crypto, 2);
  const alice = at(clients, 0);
  const device = await strangerDevice();
  const kit = await groupInfoForRejoin(crypto, alice.group);
  await rejectsWith(rejoin(crypto, { device, kit }), "ERR_MLS_NOT_MEMBER");
  const { publicPackage, privatePackage } = await generate(crypto, { device, suite: classical });
  const suite = await crypto.suite(classical);
  const info = await groupInfoOf(crypto, alice.group);
  const config = clientConfig(crypto);
  await assert.rejects(
    joinGroupExternal(info, publicPackage, privatePackage, true, suite, undefined, config),
    /no leaf of this client/,
  );
});

test("[SN19] a tree for more members than a group may have is refused before anything walks it", async () => {
  const { clients } = await groupOf(crypto, 2);
  const { group } = at(clients, 0);
  const wide = new Array<undefined>(4_096).fill(undefined);
  assert.throws(
    () => checkTree(wide, group.policy),
    (error: unknown) => error instanceof SessionError && error.code === "ERR_MLS_TOO_LARGE",
  );
});

test("[SN3] a member cannot change whose leaf it is", async () => {
  const { clients, accounts } = await groupOf(crypto, 2);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  // The account vouches for the same key under another device id: a valid credential, but not this leaf's.
  const twin = await createDevice(testCrypto("twin"), {
    ...at(accounts, 0),
    sign: (message) =>
      at(accounts, 0).sign(new Uint8Array([...message.slice(0, -32), ...alice.device.signaturePublic])),
  });
  const { state } = insideOf(alice.group);
  const leaf = state.ratchetTree[0];
  assert.ok(leaf?.nodeType === "leaf");
  const credential = { credentialType: "basic" as const, identity: twin.credential };
  const ratchetTree = state.ratchetTree.slice();
  ratchetTree[0] = { ...leaf, leaf: { ...leaf.leaf, credential } };
  const context = { state: { ...state, ratchetTree }, cipherSuite: await crypto.suite(classical) };
  const made = await createCommit(context, { alwaysPath: true });
  await rejectsWith(openMessage(crypto, bob.group, encodeMessage(made.commit)), "ERR_CREDENTIAL");
});

test("[SN4] key packages of forged, foreign, expired or eternal devices are refused", async () => {
  const clock = { now: testNow };
  const moving = testCrypto("lifetimes", clock);
  const account = await makeAccount(moving);
  const device = await createDevice(moving, account);
  const { publicBytes } = await makeKeyPackage(moving, { device, suite: classical });
  assert.equal((await verifyKeyPackage(moving, publicBytes, account)).isLastResort, false);
  const stranger = await makeAccount(moving);
  await rejectsWith(verifyKeyPackage(moving, publicBytes, stranger), "ERR_CREDENTIAL");
  const forged = await createDevice(moving, { ...account, sign: (message) => stranger.sign(message) });
  const bad = await makeKeyPackage(moving, { device: forged, suite: classical });
  await rejectsWith(verifyKeyPackage(moving, bad.publicBytes), "ERR_CREDENTIAL");
  for (const days of [-1, 91]) {
    clock.now = testNow + days * 86_400_000;
    await rejectsWith(verifyKeyPackage(moving, publicBytes), "ERR_MLS_INVALID");
  }
  clock.now = testNow;
  await rejectsWith(verifyKeyPackage(moving, publicBytes.subarray(0, 40)), "ERR_MLS_MALFORMED");
});

test("[SN5] every member refuses a commit that adds a forged or an eternal device", async () => {
  const { clients } = await groupOf(crypto, 2);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const suite = await crypto.suite(classical);
  const stranger = await makeAccount(crypto);
  const forged = await createDevice(crypto, {
    ...(await makeAccount(crypto)),
    sign: (message) => stranger.sign(message),
  });
  const gullible = { ...insideOf(alice.group).state };
  gullible.clientConfig = {
    ...gullible.clientConfig,
    authService: { validateCredential: async () => true },
  };
  const { publicPackage } = await generate(crypto, { device: forged, suite: classical });
  const add: Proposal = { proposalType: "add", add: { keyPackage: publicPackage } };
  const made = await createCommit({ state: gullible, cipherSuite: suite }, { extraProposals: [add], alwaysPath: true });
  await rejectsWith(openMessage(crypto, bob.group, encodeMessage(made.commit)), "ERR_MLS_INVALID");
  const { generateKeyPackageWithKey } = await import("ts-mls");
  const device = await createDevice(crypto, stranger);
  const eternal = await generateKeyPackageWithKey(
    { credentialType: "basic", identity: device.credential },
    leafCapabilities,
    { notBefore: 0n, notAfter: 2n ** 63n },
    [],
    { signKey: device.signaturePrivate, publicKey: device.signaturePublic },
    suite,
  );
  const entry = await rawCommit(alice.group, [{ proposalType: "add", add: { keyPackage: eternal.publicPackage } }]);
  await rejectsWith(openEntry(crypto, bob.group, entry), "ERR_MLS_INVALID");
});

test("two invalid adds in one commit are one refusal, and leave no promise unhandled", async (context) => {
  const { clients } = await groupOf(crypto, 2);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const unhandled = context.mock.fn();
  process.on("unhandledRejection", unhandled);
  const adds = await Promise.all(
    [0, 1].map(async (): Promise<Proposal> => {
      const { publicPackage } = await generate(crypto, { device: await strangerDevice(), suite: classical });
      return { proposalType: "add", add: { keyPackage: { ...publicPackage, signature: new Uint8Array(64) } } };
    }),
  );
  const { state } = insideOf(alice.group);
  const suite = await crypto.suite(classical);
  const gullible = { ...suite, signature: { ...suite.signature, verify: async () => true } };
  const made = await createCommit({ state, cipherSuite: gullible }, { extraProposals: adds, alwaysPath: true });
  await rejectsWith(openMessage(crypto, bob.group, encodeMessage(made.commit)), "ERR_MLS_INVALID");
  // Unhandled rejections are reported once the microtasks are done.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  assert.equal(unhandled.mock.callCount(), 0);
});

test("an external pre-shared key in a private commit reaches the receiver", async () => {
  const { clients } = await groupOf(crypto, 2);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const cipherSuite = await crypto.suite(classical);
  const psks = { [bytesToBase64(ascii("psk"))]: new Uint8Array(32).fill(5) };
  const preSharedKeyId = { psktype: "external", pskId: ascii("psk"), pskNonce: new Uint8Array(32) } as const;
  const { state } = insideOf(alice.group);
  const extraProposals: Proposal[] = [{ proposalType: "psk", psk: { preSharedKeyId } }];
  const made = await createCommit({ state, cipherSuite, pskIndex: makePskIndex(state, psks) }, { extraProposals });
  assert.ok(made.commit.wireformat === "mls_private_message");
  const receiver = insideOf(bob.group).state;
  const { newState } = await processMessage(
    made.commit,
    receiver,
    makePskIndex(receiver, psks),
    acceptAll,
    cipherSuite,
  );
  assert.equal(hex(newState.keySchedule.epochAuthenticator), hex(made.newState.keySchedule.epochAuthenticator));
  // Groups of ours have no use for them.
  await rejectsWith(openMessage(crypto, bob.group, encodeMessage(made.commit)), "ERR_POLICY");
});

test("[SN9] proposals other than one's own leave are refused", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob, carol] = clients;
  assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
  const suite = await crypto.suite(classical);
  const { publicPackage } = await generate(crypto, { device: await strangerDevice(), suite: classical });
  const proposals: Proposal[] = [
    { proposalType: "add", add: { keyPackage: publicPackage } },
    { proposalType: "remove", remove: { removed: carol.group.self.leafIndex } },
    { proposalType: "group_context_extensions", groupContextExtensions: { extensions: [] } },
    { proposalType: 0xf00d, proposalData: new Uint8Array(3) },
  ];
  for (const proposal of proposals) {
    const { message } = await createProposal(insideOf(bob.group).state, false, proposal, suite);
    await rejectsWith(openMessage(crypto, alice.group, encodeMessage(message)), "ERR_POLICY");
  }
});

test("every member refuses a commit that the policy forbids, whatever its committer runs", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob, carol] = clients;
  assert.ok(alice !== undefined && bob !== undefined && carol !== undefined);
  const remove: Proposal = { proposalType: "remove", remove: { removed: carol.group.self.leafIndex } };
  await rejectsWith(openEntry(crypto, alice.group, await rawCommit(bob.group, [remove])), "ERR_POLICY");
  await rejectsWith(commit(crypto, bob.group, { removeLeaves: [carol.group.self.leafIndex] }), "ERR_POLICY");
  const bare: Proposal = { proposalType: "group_context_extensions", groupContextExtensions: { extensions: [] } };
  await rejectsWith(openEntry(crypto, alice.group, await rawCommit(alice.group, [])), "ERR_MLS_STALE");
  await rejectsWith(openEntry(crypto, bob.group, await rawCommit(alice.group, [bare])), "ERR_POLICY");
});

test("no clock and no randomness but the provider's: the same seed gives the same bytes", async (context) => {
  context.mock.method(Date, "now", () => assert.fail("the real clock was read"));
  context.mock.method(Math, "random", () => assert.fail("real randomness was drawn"));
  // @noble blinds its scalar multiplications with ambient randomness, which never reaches a result: two runs
  // get different bytes from it.
  let fill = 1;
  context.mock.method(globalThis.crypto, "getRandomValues", (bytes: Uint8Array) => bytes.fill(fill));
  const live = async (pure: CryptoProvider): Promise<string> => {
    const { clients } = await groupOf(pure, 3);
    const alice = at(clients, 0);
    await commitAll(pure, clients, alice, { removeLeaves: [2] });
    const kit = await groupInfoForRejoin(pure, alice.group);
    const back = await rejoin(pure, { device: at(clients, 1).device, kit });
    const { entry } = await encryptMessage(pure, back.after, new Uint8Array(9));
    return [back.entry, entry, back.write.bytes].map(hex).join("\n");
  };
  const provider = () => deterministicProvider(seededEntropy("bytes", () => testNow));
  const first = await live(provider());
  fill = 2;
  assert.equal(await live(provider()), first);
});

test("whatever the bytes, opening gives a SessionError", async () => {
  const { clients } = await groupOf(crypto, 3);
  const [alice, bob] = clients;
  assert.ok(alice !== undefined && bob !== undefined);
  const expectCoded = async (action: Promise<unknown>) => {
    await assert.rejects(action, (error: unknown) => error instanceof SessionError && error.code.startsWith("ERR_"));
  };
  const { entryKey } = insideOf(bob.group);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
      await expectCoded(openEntry(crypto, bob.group, bytes));
      await expectCoded(openMessage(crypto, bob.group, bytes));
      const { entry } = await sealEntry(crypto, entryKey, bytes);
      await expectCoded(openEntry(crypto, bob.group, entry));
      await expectCoded(joinFromWelcome(crypto, { device: bob.device, welcome: bytes, keyPackages: [] }));
      await expectCoded(rejoin(crypto, { device: bob.device, kit: bytes }));
      await expectCoded(verifyKeyPackage(crypto, bytes));
    }),
    { numRuns: 60 },
  );
  const { state } = insideOf(alice.group);
  const made = await createCommit({ state, cipherSuite: await crypto.suite(classical) }, { alwaysPath: true });
  const kit = await groupInfoForRejoin(crypto, alice.group);
  const external = await rejoin(crypto, { device: at(clients, 2).device, kit });
  assert.equal((await openEntry(crypto, bob.group, external.entry)).kind, "commit");
  const valid = encodeMessage(made.commit);
  assert.equal(decodeMessage(valid).wireformat, "mls_private_message");
  await fc.assert(
    fc.asyncProperty(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
      const altered = valid.slice();
      altered[index] = (altered[index] ?? 0) ^ flip;
      await expectCoded(openMessage(crypto, bob.group, altered));
      await expectCoded(openMessage(crypto, bob.group, valid.subarray(0, index)));
    }),
    { numRuns: 120 },
  );
});
