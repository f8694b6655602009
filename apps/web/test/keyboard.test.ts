/** The app by keyboard alone, on the fake client. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Page } from "playwright-core";
import { buildPage } from "./build.ts";
import { replacedId } from "./fake-data.ts";
import type { Person } from "./person.ts";
import { World } from "./world.ts";

let world: World;
let person: Person;
let page: Page;

before(async () => {
  world = await World.open(await buildPage("harness"));
  person = await world.person("typist");
  page = person.page;
});

beforeEach(async () => {
  await page.goto(`${world.url}/?scene=chats`);
  await page.locator(".chat-row").first().waitFor();
});

after(() => world?.close());

const press = async (...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const focused = () =>
  page.evaluate(() => document.activeElement?.getAttribute("data-message") ?? document.activeElement?.className);

test("search, open, write and send", async () => {
  await press("/");
  await page.keyboard.type("rampart");
  await press("ArrowDown", "Enter");
  await page.locator(".message").first().waitFor();
  await page.keyboard.type("By keyboard");
  await press("Shift+Enter");
  await page.keyboard.type("in two lines");
  await press("Enter");
  await person.sees("By keyboard");
  assert.equal(await page.locator(".composer-text").inputValue(), "");
});

test("messages are chosen with the arrows, answered, and the answer is given up", async () => {
  await press("/", "ArrowDown", "Enter");
  await page.locator('[data-message="m53"]').waitFor();
  await press("Control+ArrowUp");
  assert.equal(await focused(), "m53");
  await press("ArrowUp");
  await page.locator('[data-message="m52"]:focus').waitFor();
  await press("r");
  await page.locator(".composer-mode", { hasText: "Reply to Ada Lovelace" }).waitFor();
  await page.locator(".composer-text:focus").waitFor();
  await press("Escape");
  assert.equal(await page.locator(".composer-mode").count(), 0);
});

test("the menu of a message opens with Enter, moves with the arrows and gives the focus back", async () => {
  await press("/", "ArrowDown", "Enter");
  await page.locator('[data-message="m53"]').waitFor();
  await press("Control+ArrowUp", "ArrowUp");
  await page.locator('[data-message="m52"]:focus').waitFor();
  await press("Enter");
  await page.locator('[role="menu"] :focus').waitFor();
  await press("ArrowDown", "ArrowUp", "Escape");
  await page.locator('[data-message="m52"]:focus').waitFor();
  await press("Enter", "Enter");
  await page.locator('[data-message="m52"] .reaction, .message-stack .reaction').first().waitFor();
});

test("the last message of one's own is edited with the arrow up, and deleted with undo", async () => {
  await press("/", "ArrowDown", "Enter");
  await page.locator(".composer-text:focus").waitFor();
  await page.keyboard.type("To be changed");
  await press("Enter");
  await person.sees("To be changed");
  await press("ArrowUp");
  await page.locator(".composer-mode", { hasText: "Editing" }).waitFor();
  await press("Control+A");
  await page.keyboard.type("Changed");
  await press("Enter");
  await person.sees("Changed");
  await press("Control+ArrowUp", "Delete");
  await page.locator(".toast", { hasText: "deleted" }).waitFor();
  await page.locator(".tombstone").last().waitFor();
});

test("every page opens and closes, and the list of keys is a question mark away", async () => {
  await press("n");
  await page.getByRole("heading", { name: "New conversation" }).waitFor();
  await press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await press("Escape");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await press("Escape");
  await page.locator(".nothing").waitFor();
  await press("Alt+ArrowDown");
  await page.locator(".message").first().waitFor();
});

test("a conversation that goes on under another id is followed there", async () => {
  const route = JSON.stringify({ name: "chat", chat: replacedId });
  await page.goto(`${world.url}/?scene=chats&route=${encodeURIComponent(route)}`);
  await page.locator(`.chat-row[aria-current]`, { hasText: "Ada Lovelace" }).waitFor();
  await page.locator(".composer-text").focus();
  await page.keyboard.type("Still here");
  await press("Enter");
  await person.sees("Still here");
});

test("nothing on the way complained", () => {
  assert.deepEqual(person.complaints, []);
});
