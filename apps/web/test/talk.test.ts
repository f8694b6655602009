/** People talking: real browsers, the real server, everything through the screens. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildApp } from "./build.ts";
import type { Person } from "./person.ts";
import { World } from "./world.ts";

let world: World;
let ada: Person;
let bruno: Person;

before(async () => {
  world = await World.open(await buildApp());
  ada = await world.person("Ada");
  bruno = await world.person("Bruno");
});

after(() => world?.close());

test("the admin link makes the first account, and leaves the address bar", async () => {
  await ada.signUp(await world.adminLink());
  assert.equal(await ada.page.evaluate(() => location.pathname + location.hash), "/");
});

test("wrong words do not pass the check", async () => {
  const words = await bruno.startSignUp(await ada.invite());
  assert.equal(words.length, 12);
  await bruno.fillCheck(words.toReversed());
  await bruno.page.getByRole("button", { name: "Check" }).click();
  await bruno.page.getByRole("alert").waitFor();
  await bruno.fillCheck(words);
  await bruno.page.getByRole("button", { name: "Check" }).click();
  await bruno.page.getByRole("navigation", { name: "Chats" }).waitFor();
});

test("an invitation makes its maker a contact, and they talk both ways", async () => {
  await bruno.openChat("Ada");
  await bruno.send("Hello **Ada**, a link: https://example.org/x");
  await ada.openChat("Bruno");
  await ada.sees("Hello Ada");
  await ada.send("Hello Bruno");
  await bruno.sees("Hello Bruno");
  await ada.seesState("Hello Bruno", "Delivered", "Read");
  const link = bruno.message("Hello Ada").locator("a");
  assert.equal(await link.getAttribute("href"), "https://example.org/x");
  assert.match((await link.getAttribute("rel")) ?? "", /noopener/);
});

test("messages are answered, reacted to, edited and deleted", async () => {
  await bruno.act("Hello Bruno", "Reply");
  await bruno.send("How is the wall?");
  await ada.message("How is the wall?").locator(".quote", { hasText: "Hello Bruno" }).waitFor();

  await ada.act("How is the wall?", "👍");
  await bruno.message("How is the wall?").locator(".reaction", { hasText: "👍" }).waitFor();

  await bruno.composer.focus();
  await bruno.composer.press("ArrowUp");
  await bruno.composer.fill("How is the old wall?");
  await bruno.composer.press("Enter");
  await ada.message("How is the old wall?").locator(".bubble-meta", { hasText: "edited" }).waitFor();

  await bruno.send("A slip");
  await ada.sees("A slip");
  await bruno.act("A slip", "Delete for everyone");
  await bruno.page.getByRole("button", { name: "Undo" }).click();
  await bruno.message("A slip").waitFor();
  await bruno.act("A slip", "Delete for everyone");
  await ada.sees("Message deleted");
  assert.equal(await ada.message("A slip").count(), 0);
});

test("everything is there after a reload", async () => {
  const before = await ada.texts();
  await ada.page.reload();
  await ada.sees("How is the old wall?");
  assert.deepEqual(await ada.texts(), before);
});

test("what is written without a connection goes out when it is back", async () => {
  await world.wire.cut();
  await bruno.send("Written offline");
  await bruno.message("Written offline").locator('.state-mark[aria-label="Waiting to be sent"]').waitFor();
  await world.wire.mend();
  await ada.sees("Written offline");
  await bruno.seesState("Written offline", "Sent", "Delivered", "Read");
});

test("the app opens without a connection, with everything in it", async () => {
  await world.wire.cut();
  await ada.page.reload();
  await ada.sees("Written offline");
  await world.wire.mend();
});

test("the conversation goes on through a restart of the server", async () => {
  await world.restartServer(async () => {
    await ada.send("Written while the server was down");
    await ada.message("Written while the server was down").locator('[aria-label="Waiting to be sent"]').waitFor();
  });
  await bruno.sees("Written while the server was down");
  await bruno.send("Got it");
  await ada.sees("Got it");
});

test("a file arrives whole", async () => {
  const body = "stone ".repeat(30_000);
  await ada.page.locator('input[type="file"]').setInputFiles({
    name: "stones.txt",
    mimeType: "text/plain",
    buffer: Buffer.from(body),
  });
  await ada.composer.press("Enter");
  const line = bruno.page.locator(".file-line", { hasText: "stones.txt" });
  const [download] = await Promise.all([bruno.page.waitForEvent("download"), line.click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), body);
});

test("a group is made, renamed, written in, and left", async () => {
  await ada.page.getByRole("button", { name: "New conversation" }).click();
  await ada.page.getByRole("button", { name: "New group" }).click();
  await ada.page.getByLabel("Group name").fill("Masons");
  await ada.page.getByLabel("Bruno").check();
  await ada.page.getByRole("button", { name: "Create group" }).click();
  await ada.send("Bring your trowels");
  await bruno.openChat("Masons");
  await bruno.sees("Bring your trowels");
  await bruno.send("And mortar");
  await ada.sees("And mortar");

  await ada.openInfo();
  await ada.page.getByRole("button", { name: "Rename" }).click();
  await ada.page.getByRole("dialog").getByLabel("Group name").fill("Master masons");
  await ada.page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await bruno.chatRow("Master masons").waitFor();

  await bruno.openInfo();
  await bruno.page.getByRole("button", { name: "Leave the group" }).click();
  await bruno.page.getByRole("dialog").getByRole("button", { name: "Leave the group" }).click();
  await bruno.page.getByRole("button", { name: "Remove from the list" }).waitFor();
  await ada.page.getByRole("heading", { name: "1 member" }).waitFor();
});

test("nobody's browser had anything to complain about", () => {
  assert.deepEqual([...ada.complaints, ...bruno.complaints], []);
});
