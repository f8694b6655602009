import assert from "node:assert/strict";
import { test } from "node:test";
import { asId, fromHex, toHex } from "@rempart/protocol";
import type { CompactCard, RejoinKit } from "@rempart/session";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import { openSqliteStore } from "../platform/node/index.ts";
import { openTables } from "../store/index.ts";
import { Helpers } from "./helpers.ts";

const log = "11".repeat(16);
const nonce = new Uint8Array(16).fill(3);
const [ada, bob, carol, phone] = ["a", "b", "c", "d"].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
];
const startedAt = 1_000_000;

function cardOf(account: string): CompactCard {
  const filled = (length: number) => new Uint8Array(length).fill(4);
  return {
    accountId: asId("AccountId", fromHex(account)),
    linkSecret: filled(16),
    logId: asId("LogId", filled(16)),
    writeKey: asId("Capability", filled(32)),
    contactSealKeyHash: filled(32),
  };
}

/** Ada's device, out of a group in which it knew Bob, with another device of hers. */
function ask() {
  const tables = openTables(openSqliteStore(":memory:"));
  const state = { now: startedAt };
  const engine = {
    tables,
    clock: { now: () => state.now },
    own: () => ({ account: ada }),
    devices: { others: async () => [phone.slice(0, 32)] },
  } as unknown as Engine;
  const published: string[] = [];
  const helpers = new Helpers(engine, async () => published);
  tables.chats.put({
    chat: log,
    kind: "group",
    title: "G",
    group: {
      members: [ada, bob].map((account) => ({ account, role: "member", devices: 1 })),
      permissions: { addMembers: "member", removeMembers: "member", changeInfo: "member", send: "member" },
    },
    suite: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
    joinedAt: 0,
    lastAt: 0,
    readOrder: 0,
    draft: "",
    isDeleted: false,
  });
  helpers.note(log, [cardOf(bob)]);
  const rejoin = { log, nonce, startedAt, askedAt: startedAt, missingFrom: 1 };
  state.now += clientLimits.rejoinRetryMs;
  return {
    helpers,
    state,
    published,
    rejoin,
    haveAllRefused: (more = {}) => helpers.haveAllRefused({ ...rejoin, ...more }),
  };
}

function refusalOf(account: string, others: readonly CompactCard[] = [], device = "ee".repeat(16)): RejoinKit {
  const groupId = asId("LogId", fromHex(log));
  return {
    kind: "rejoin-kit",
    sender: asId("AccountId", fromHex(account)),
    deviceId: asId("DeviceId", fromHex(device)),
    groupId,
    nonce,
    kit: { kind: "inline", bytes: new Uint8Array() },
    join: { logId: groupId, fromSeq: 1, chain: new Uint8Array(32) },
    others,
  };
}

test("it is over when every member that is known, and every sibling by itself, has refused", async () => {
  const { helpers, haveAllRefused } = ask();
  helpers.refused(refusalOf(bob));
  assert.equal(await haveAllRefused(), false);
  helpers.refused(refusalOf(ada));
  assert.equal(await haveAllRefused(), false, "another sibling than the one that is there");
  helpers.refused(refusalOf(ada, [], phone.slice(0, 32)));
  assert.equal(await haveAllRefused(), true);
});

test("whom a refusal names is asked before it is over, and may answer", async () => {
  const { helpers, haveAllRefused } = ask();
  helpers.refused(refusalOf(ada, [], phone.slice(0, 32)));
  assert.equal(helpers.mayAnswer(log, carol), false);
  helpers.refused(refusalOf(bob, [cardOf(carol)]));
  assert.equal(helpers.note(log, [cardOf(carol)]), true);
  assert.equal(helpers.note(log, [cardOf(carol)]), false, "no news the second time");
  assert.equal(helpers.mayAnswer(log, carol), true);
  assert.equal(await haveAllRefused(), false);
  helpers.refused(refusalOf(carol));
  assert.equal(await haveAllRefused(), true);
});

test("whoever has only lost his own place may find it again: that takes longer to be over", async () => {
  const { helpers, state, haveAllRefused } = ask();
  helpers.refused(refusalOf(ada, [], phone.slice(0, 32)));
  helpers.refused(refusalOf(bob, [cardOf(bob)]));
  assert.equal(await haveAllRefused(), false);
  state.now += clientLimits.allLostMs;
  assert.equal(await haveAllRefused(), true);
});

test("siblings that a restored device does not know of are waited for", async () => {
  const { helpers, state, haveAllRefused } = ask();
  helpers.refused(refusalOf(bob));
  helpers.refused(refusalOf(ada, [], phone.slice(0, 32)));
  assert.equal(await haveAllRefused({ helper: ada }), false);
  state.now += clientLimits.allLostMs;
  assert.equal(await haveAllRefused({ helper: ada }), true);
});

test("of a sibling that a restored device has forgotten, the server tells it, and then it waits for that one too", async () => {
  const { helpers, state, published, haveAllRefused } = ask();
  published.push("bb".repeat(16));
  helpers.refused(refusalOf(bob));
  helpers.refused(refusalOf(ada, [], phone.slice(0, 32)));
  state.now += clientLimits.missedGroupMs;
  assert.equal(await haveAllRefused({ helper: bob }), false);
  helpers.refused(refusalOf(ada, [], "bb".repeat(16)));
  assert.equal(await haveAllRefused({ helper: bob }), true);
});

test("siblings that have answered a question for the group of the account's devices are those that are still in use", async () => {
  const { helpers, state, published, rejoin } = ask();
  published.push("bb".repeat(16), "cc".repeat(16));
  assert.equal(await helpers.isSelfGroupDead(rejoin), false);
  helpers.refused(refusalOf(ada, [], "bb".repeat(16)));
  assert.equal(await helpers.isSelfGroupDead(rejoin), false);
  state.now += clientLimits.selfGroupPatienceMs;
  assert.equal(await helpers.isSelfGroupDead(rejoin), true, "the other has been silent for too long");
  assert.deepEqual(helpers.siblingsWhoAnswered(nonce), ["bb".repeat(16)]);
});

test("no more accounts are noted than the limit allows", () => {
  const { helpers } = ask();
  const crowd = Array.from({ length: 200 }, (_, i) => cardOf((i + 1).toString(16).padStart(64, "0")));
  helpers.note(log, crowd);
  const known = crowd.filter(({ accountId }) => helpers.mayAnswer(log, toHex(accountId)));
  assert.equal(known.length, clientLimits.helpersNotedMax - 1);
});
