import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError } from "@rempart/client";
import { chatView, fakeClient, idOf, messageView, runWith } from "./fake-client.ts";

const state = {
  chats: [chatView(1, "Walks"), chatView(2, "Work")],
  contacts: [{ contact: idOf(7), name: "Bo", chat: idOf(1) }],
  messages: [
    messageView(1),
    messageView(2, { notice: { kind: "added", names: ["Bo"] } }),
    messageView(3, { isOwn: true, name: "Ann", state: "delivered" }),
    messageView(4, { replyTo: { message: idOf(1), name: "Bo", text: "text 1" } }),
  ],
};
const client = fakeClient(state);

test("chat list prints the fixed fields, one line each", async () => {
  const ran = await runWith(client, "chat", "list", "--json");
  assert.equal(ran.code, 0);
  assert.deepEqual(
    ran.lines().map(({ chat, title, unread }) => ({ chat, title, unread })),
    [
      { chat: idOf(1), title: "Walks", unread: 1 },
      { chat: idOf(2), title: "Work", unread: 2 },
    ],
  );
});

test("history prints the fixed fields of every message, the oldest first; a notice is no message", async () => {
  const ran = await runWith(client, "history", "walks", "--json");
  const [first, notice, own] = ran.lines();
  assert.equal(ran.lines().length, 4);
  const { event, message, chat, from, name, text, at, state: sent } = first ?? {};
  assert.deepEqual(
    { event, message, chat, from, name, text, at, sent },
    {
      event: "message",
      message: idOf(1),
      chat: idOf(1),
      from: idOf(200),
      name: "Bo",
      text: "text 1",
      at: 60_000,
      sent: "sent",
    },
  );
  assert.equal(notice?.event, "notice");
  assert.equal(own?.state, "delivered");
});

test("history takes the last N, across pages", async () => {
  const messages = Array.from({ length: 1_203 }, (_, i) => messageView(i + 1, { message: `m${i + 1}` }));
  const ran = await runWith(fakeClient({ ...state, messages }), "history", "Walks", "--limit", "1101", "--json");
  const ids = ran.lines().map(({ message }) => message);
  assert.deepEqual([ids.length, ids[0], ids.at(-1)], [1_101, "m103", "m1203"]);
});

test("history for a person is text, without the escape sequences that a message may carry", async () => {
  const messages = [messageView(1, { text: "\u001b[2Jhi", name: "B\u0007o" })];
  const ran = await runWith(fakeClient({ ...state, messages }), "history", "Walks");
  assert.match(ran.stdout, /B\ufffdo: \ufffd\[2Jhi\n$/);
});

test("a chat is found by its contact's id", async () => {
  const ran = await runWith(client, "history", idOf(7), "--limit", "1", "--json");
  assert.equal(ran.lines()[0]?.message, idOf(4));
});

test("a failure is one line of JSON on standard error, or a sentence for a person", async () => {
  const json = await runWith(client, "history", "nobody", "--json");
  assert.equal(json.code, 1);
  assert.equal(json.stdout, "");
  const { error, message } = JSON.parse(json.stderr);
  assert.equal(error, "ERR_NOT_FOUND");
  assert.match(message, /there is no chat "nobody": Walks/);
  const text = await runWith(client, "history", "nobody");
  assert.match(text.stderr, /^rempart: there is no chat .* \(ERR_NOT_FOUND\)\n$/);
});

test("without an account the commands say how to make one", async () => {
  const ran = await runWith(fakeClient({ ...state, hasAccount: false }), "chat", "list");
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /ERR_NO_ACCOUNT[\s\S]*rempart account create/);
});

test("a wrong command line is ERR_USAGE, exits with 2, and is JSON when JSON was asked for", async () => {
  for (const argv of [["chat", "lost"], ["send"], ["send", "--bogus"], ["history", "x", "--limit", "none"]]) {
    const ran = await runWith(client, ...argv, "--json");
    assert.equal(ran.code, 2, argv.join(" "));
    assert.equal(JSON.parse(ran.stderr).error, "ERR_USAGE");
  }
});

test("errors of the client keep their code; a defect is ERR_INTERNAL and shows nothing of itself", async () => {
  const failing = (error: Error) => ({ ...client, chats: () => Promise.reject(error) });
  const coded = await runWith(failing(new ClientError("ERR_OFFLINE", "no way")), "chat", "list", "--json");
  assert.deepEqual(JSON.parse(coded.stderr), { error: "ERR_OFFLINE", message: "no way" });
  const defect = await runWith(failing(new TypeError("secret")), "chat", "list", "--json");
  assert.equal(JSON.parse(defect.stderr).error, "ERR_INTERNAL");
  assert.ok(!defect.stderr.includes("secret"));
});

test("send waits for the server, says when it takes too long, and that the message stays queued", async () => {
  const never = {
    ...client,
    send: async () => messageView(5, { seq: 0, state: "queued" as const }),
    whenSent: () => new Promise<never>(() => undefined),
  };
  const ran = await runWith(never, "send", "Walks", "hi", "--timeout", "1s", "--json");
  const { error, message } = JSON.parse(ran.stderr);
  assert.equal(error, "ERR_TIMEOUT");
  assert.match(message, /queued/);
});

test("send joins words, and prints message, chat and seq", async () => {
  const texts: string[] = [];
  const sending = {
    ...client,
    send: async ({ text }: { text: string }) => {
      texts.push(text);
      return messageView(5, { seq: 0, state: "queued" as const });
    },
    whenSent: async (message: string) => ({ message, chat: idOf(1), seq: 5 }),
  };
  const ran = await runWith(sending, "send", "Walks", "hello", "there", "--json");
  assert.deepEqual(ran.lines(), [{ message: idOf(5), chat: idOf(1), seq: 5 }]);
  assert.deepEqual(texts, ["hello there"]);
});

test("reply, react, edit and delete take an id, its beginning, or last", async () => {
  const calls: unknown[] = [];
  const note = (call: unknown) => {
    calls.push(call);
    return Promise.resolve(messageView(9));
  };
  const acting = {
    ...client,
    send: note,
    react: note,
    edit: note,
    delete: note,
    whenSent: async (message: string) => ({ message, chat: idOf(1), seq: 5 }),
  };
  await runWith(acting, "reply", idOf(1), "yes");
  await runWith(acting, "react", "Walks", "last", "👍");
  await runWith(acting, "edit", "walks", "last", "new");
  await runWith(acting, "delete", idOf(3).slice(0, 8));
  assert.deepEqual(calls, [
    { chat: idOf(1), text: "yes", replyTo: idOf(1) },
    { message: idOf(4), emoji: "👍", remove: false },
    { message: idOf(3), text: "new" },
    idOf(3),
  ]);
  const short = await runWith(acting, "delete", "abc", "--json");
  assert.equal(JSON.parse(short.stderr).error, "ERR_NOT_FOUND");
});

test("help and version need no home", async () => {
  for (const argv of [[], ["--help"], ["help"], ["help", "chat", "list"], ["send", "--help"], ["--version"]]) {
    const ran = await runWith(fakeClient({ ...state, hasAccount: false }), ...argv);
    assert.equal(ran.code, 0);
    assert.notEqual(ran.stdout, "");
  }
});
