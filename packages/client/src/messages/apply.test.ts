import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "@rempart/protocol";
import { asMessageId, type ChatContent, type ReadMessage } from "@rempart/session";
import { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { openSqliteStore } from "../platform/node/index.ts";
import { openTables } from "../store/index.ts";
import { applyContent } from "./apply.ts";

const log = "11".repeat(16);
const [ada, bob] = ["a", "b"].map((digit) => digit.repeat(64)) as [string, string];
const idOf = (number: number) => asMessageId(fromHex(`01${number.toString(16).padStart(62, "0")}`));
const message = Buffer.from(idOf(1)).toString("hex");

/** Ada's device, in a group with Bob. */
function world() {
  const tables = openTables(openSqliteStore(":memory:"));
  const receipts = { isWanted: () => false };
  const engine = { tables, receipts, own: () => ({ account: ada }) } as unknown as Engine;
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
  return {
    /** Something of Bob's, which stands in the log at its own number. */
    bobSays(seq: number, chat: ChatContent): void {
      const read = { messageId: idOf(seq), chat } as unknown as ReadMessage;
      const received = { log, seq, at: seq, sender: bob, read, content: new Uint8Array([1]), isLive: false };
      applyContent(engine, received, new Changes());
    },
    shown: () => tables.messages.get(message),
    reactions: () => tables.messages.reactions(message).map(({ emoji, account }) => [emoji, account]),
  };
}

const text: ChatContent = { kind: "text", format: "markdown", text: "hello" } as const;
const reaction = (emoji: string): ChatContent => ({ kind: "reaction", target: idOf(1), reaction: emoji });
const takenBack = (seq: number): ChatContent => ({ kind: "unreact", target: idOf(1), replaces: idOf(seq) });

test("a reaction that was taken back before this device heard of it does not come back out of a history", () => {
  const { bobSays, reactions } = world();
  bobSays(1, text);
  bobSays(5, takenBack(3));
  bobSays(3, reaction("👍"));
  assert.deepEqual(reactions(), []);
  bobSays(7, reaction("👍"));
  assert.deepEqual(reactions(), [["👍", bob]]);
});

test("a reaction that was given again stays when the end of the earlier one is heard of late", () => {
  const { bobSays, reactions } = world();
  bobSays(1, text);
  bobSays(3, reaction("👍"));
  bobSays(7, reaction("👍"));
  bobSays(5, takenBack(3));
  assert.deepEqual(reactions(), [["👍", bob]]);
  bobSays(9, takenBack(7));
  assert.deepEqual(reactions(), []);
});

test("a reaction in the place of another ends it, whichever comes first", () => {
  for (const order of [
    [3, 5],
    [5, 3],
  ]) {
    const { bobSays, reactions } = world();
    bobSays(1, text);
    for (const seq of order) {
      if (seq === 3) bobSays(3, reaction("👍"));
      else bobSays(5, { ...reaction("❤"), replaces: idOf(3) } as ChatContent);
    }
    assert.deepEqual(reactions(), [["❤", bob]]);
  }
});

test("deleted is deleted, whichever comes first: an edit after it is from a device that had forgotten", () => {
  const told = [
    { seq: 3, chat: { kind: "delete", target: idOf(1) } },
    { seq: 5, chat: { kind: "edit", target: idOf(1), text: "hello again" } },
  ] as unknown as readonly { readonly seq: number; readonly chat: ChatContent }[];
  for (const order of [told, told.toReversed()]) {
    const { bobSays, shown } = world();
    bobSays(1, text);
    for (const { seq, chat } of order) bobSays(seq, chat);
    assert.deepEqual([shown()?.isDeleted, shown()?.text], [true, ""]);
  }
});
