/** Whole conversations between real processes: one server, and people who each have a home. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type JsonLine, type Person, type ServerProcess, World } from "./processes.ts";

const world = new World();
const [ann, bo, cy] = [world.home("ann"), world.home("bo"), world.home("cy")];
let server: ServerProcess;
/** Account ids. */
const ids = { ann: "", bo: "", cy: "" };

async function createAccount(person: Person, invite: unknown, name: string): Promise<string> {
  const { result } = await person.run("account", "create", "--invite", String(invite), "--name", name);
  assert.equal(result.name, name);
  assert.equal(String(result.recovery).split(" ").length, 12);
  return String(result.account);
}

before(async () => {
  server = await world.server("--listen", "127.0.0.1:0");
  ids.ann = await createAccount(ann, server.ready.invite, "Ann");
  const { result } = await ann.run("invite", "create", "--uses", "2", "--expires", "1d");
  ids.bo = await createAccount(bo, result.invite, "Bo");
  ids.cy = await createAccount(cy, result.invite, "Cy");
});

after(() => world.end());

const texts = (lines: readonly JsonLine[]) => lines.map(({ text }) => text);
const textIs = (wanted: string) => (line: JsonLine) => line.event === "message" && line.text === wanted;

test("the first account is the admin, and an invitation is not good for more than its uses", async () => {
  const { result } = await ann.run("account", "show");
  assert.deepEqual([result.account, result.name, result.role], [ids.ann, "Ann", "admin"]);
  assert.equal((await bo.run("account", "show")).result.role, "member");
  const { lines } = await ann.run("invite", "list");
  const late = await world
    .home("late")
    .attempt("account", "create", "--invite", String(lines[0]?.invite), "--name", "Late");
  assert.equal(late.error, "ERR_INVITE_SPENT");
  const again = await ann.attempt("account", "create", "--invite", String(lines[0]?.invite), "--name", "Ann");
  assert.equal(again.error, "ERR_ACCOUNT_EXISTS");
});

test("a damaged link says so, and a revoked one is good for nothing", async () => {
  const { result } = await ann.run("invite", "create");
  const cut = await world
    .home("cut")
    .attempt("account", "create", "--invite", String(result.invite).slice(0, -3), "--name", "X");
  assert.equal(cut.error, "ERR_LINK");
  await ann.run("invite", "revoke", String(result.invite));
  const revoked = await world
    .home("rev")
    .attempt("account", "create", "--invite", String(result.invite), "--name", "X");
  assert.match(String(revoked.error), /^ERR_INVITE_/);
});

test("contacts are added by link, and both have the same chat", async () => {
  const { result: link } = await bo.run("contact", "link");
  const { result: added } = await cy.run("contact", "add", String(link.link));
  assert.equal(added.contact, ids.bo);
  const again = await cy.run("contact", "add", String(link.link));
  assert.equal(again.result.chat, added.chat);
  const chats = (await bo.run("chat", "list")).lines;
  assert.ok(chats.some(({ chat, title }) => chat === added.chat && title === "Cy"));
  await bo.run("send", "Cy", "hello Cy");
  const contacts = (await cy.run("contact", "list")).lines;
  assert.ok(contacts.some(({ contact, name }) => contact === ids.bo && name === "Bo"));
});

test("send returns when the server has the message, and history has it on both sides, once", async () => {
  const { result: sent } = await ann.run("send", "Bo", "hello", "Bo");
  assert.ok(Number(sent.seq) > 0);
  const received = (await bo.history("ann")).filter(textIs("hello Bo"));
  assert.equal(received.length, 1);
  assert.deepEqual(
    { message: received[0]?.message, chat: received[0]?.chat, from: received[0]?.from, name: received[0]?.name },
    { message: sent.message, chat: sent.chat, from: ids.ann, name: "Ann" },
  );
  await bo.run("send", ids.ann, "hello Ann");
  const history = await ann.history("Bo");
  assert.deepEqual(texts(history), ["hello Bo", "hello Ann"]);
  assert.equal(history[0]?.state, "delivered", "a command that fetched it told its author, before it ended");
});

test("messages arrive live, and commands on the same home go through the listener", async () => {
  const [annHears, boHears] = await Promise.all([ann.listen(), bo.listen()]);
  const { result: sent } = await ann.run("send", "Bo", "live");
  const heard = await boHears.next(textIs("live"));
  assert.equal(heard.message, sent.message);
  const delivered = await annHears.next((line) => textIs("live")(line) && line.state === "delivered");
  assert.equal(delivered.message, sent.message);
  await bo.run("reply", "Ann", "last", "heard");
  const reply = await annHears.next(textIs("heard"));
  assert.equal(reply.replyTo, sent.message);
  await bo.run("chat", "read", "Ann");
  await annHears.next((line) => textIs("live")(line) && line.state === "read");
  assert.deepEqual(await Promise.all([annHears.stop("SIGINT"), boHears.stop("SIGTERM")]), [0, 0]);
});

test("react, edit and delete reach the other side", async () => {
  const hears = await bo.listen();
  const { result: sent } = await ann.run("send", "Bo", "first");
  const message = String(sent.message);
  await hears.next(textIs("first"));
  await ann.run("react", message, "🎉");
  const reacted = await hears.next((line) => line.message === message && Array.isArray(line.reactions));
  assert.equal((reacted.reactions as readonly { emoji: string }[])[0]?.emoji, "🎉");
  await ann.run("edit", message.slice(0, 12), "second");
  assert.ok(Number((await hears.next((line) => line.message === message && line.text === "second")).editedAt) > 0);
  await ann.run("delete", message);
  await hears.next((line) => line.message === message && line.deleted === true && line.text === "");
  const refused = await bo.attempt("edit", "Ann", "nothing-here", "x");
  assert.equal(refused.error, "ERR_NOT_FOUND");
  await hears.stop();
});

test("text from standard input, and a file there and back", async () => {
  const { code } = await world.run(["--home", ann.dir, "--json", "send", "Bo", "--stdin"], "line one\nline two\n");
  assert.equal(code, 0);
  const [path, saved] = [join(world.dir, "picture.png"), join(world.dir, "saved.png")];
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251);
  writeFileSync(path, bytes);
  const { result: sent } = await ann.run("send", "Bo", "--file", path, "look");
  const received = (await bo.history("Ann")).slice(-2);
  assert.deepEqual(texts(received), ["line one\nline two", "look"]);
  assert.equal((received[1]?.file as { name: string } | undefined)?.name, "picture.png");
  await bo.run("save", String(sent.message), "--output", saved);
  assert.ok(readFileSync(saved).equals(bytes));
  const again = await bo.attempt("save", String(sent.message), "--output", saved);
  assert.equal(again.error, "ERR_FILE");
  assert.equal((await ann.attempt("send", "Bo", "--file", join(world.dir, "none"))).error, "ERR_FILE");
});

test("a group: created, spoken in, renamed, its members added and removed, left", async () => {
  const { result: made } = await ann.run("group", "create", "Walks", "Bo");
  const chat = String(made.chat);
  await ann.run("group", "add", "Walks", "Cy");
  await ann.run("send", "Walks", "welcome");
  for (const history of await Promise.all([bo.history(chat), cy.history(chat)])) {
    assert.ok(texts(history).includes("welcome"));
  }
  await cy.run("send", "walks", "hi all");
  await ann.run("group", "rename", chat, "Long walks");
  const titles = async (person: Person) => (await person.run("chat", "list")).lines.map(({ title }) => title);
  assert.ok((await titles(bo)).includes("Long walks"));
  const denied = await cy.attempt("group", "remove", chat, "Bo");
  assert.equal(denied.error, "ERR_PERMISSION");
  await ann.run("group", "role", chat, "Cy", "admin");
  await cy.run("group", "remove", chat, "Bo");
  const { result: shown } = await ann.run("chat", "show", chat);
  const names = (shown.members as readonly { name: string; role: string }[]).map(({ name, role }) => `${name} ${role}`);
  assert.deepEqual(names.toSorted(), ["Ann owner", "Cy admin"]);
  const removed = await bo.attempt("send", chat, "still here?");
  assert.equal(removed.error, "ERR_INACTIVE");
  assert.ok(texts(await bo.history(chat)).includes("hi all"), "history stays");
  await cy.run("group", "leave", chat);
  assert.equal((await cy.attempt("send", chat, "bye")).error, "ERR_INACTIVE");
});

test("two commands at once on one home both do their work", async () => {
  const sent = await Promise.all([1, 2, 3].map((n) => ann.run("send", "Bo", `at once ${n}`)));
  const history = await bo.history("Ann");
  for (const { result } of sent) assert.equal(history.filter(({ message }) => message === result.message).length, 1);
});

test("a listener takes over from another that is killed, and misses nothing", async () => {
  const first = await bo.listen();
  const second = await bo.listen();
  await first.stop("SIGKILL");
  await ann.run("send", "Bo", "after the fall");
  await second.next(textIs("after the fall"));
  await bo.run("send", "Ann", "still up");
  await second.next(textIs("still up"));
  assert.equal(await second.stop(), 0);
});

test("offline: history is there, and what is sent waits for the server", async () => {
  await server.stop("SIGTERM");
  assert.ok(texts(await ann.history("Bo")).includes("live"));
  const queued = await ann.attempt("send", "Bo", "later", "--timeout", "1s");
  assert.equal(queued.error, "ERR_TIMEOUT");
  assert.equal((await ann.attempt("invite", "create", "--timeout", "1s")).error, "ERR_OFFLINE");
  server = await world.server("--listen", server.address);
  assert.equal(server.ready.invite, undefined);
  await ann.run("send", "Bo", "now");
  const received = texts(await bo.history("Ann"));
  assert.deepEqual(received.slice(-2), ["later", "now"]);
});

test("a server killed in the middle loses nothing that was acknowledged", async () => {
  const hears = await bo.listen();
  const listening = await ann.listen();
  const address = server.address;
  const acknowledged: unknown[] = [];
  const sending = (async () => {
    for (let n = 0; n < 10; n++)
      acknowledged.push((await ann.run("send", "Bo", `through the fall ${n}`)).result.message);
  })();
  await hears.next(textIs("through the fall 2"));
  await server.stop("SIGKILL");
  server = await world.server("--listen", address);
  await sending;
  await hears.next(textIs("through the fall 5"));
  await Promise.all([hears.stop(), listening.stop()]);
  const received = (await bo.history("Ann")).filter(({ text }) => String(text).startsWith("through the fall"));
  assert.deepEqual(
    received.map(({ message }) => message),
    acknowledged,
  );
});
