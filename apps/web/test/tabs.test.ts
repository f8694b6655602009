/** Several tabs of one account, and what happens when the one that runs the engine goes, or the disk is full. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildApp } from "./build.ts";
import type { Person } from "./person.ts";
import { World } from "./world.ts";

let world: World;
let ada: Person;
let bruno: Person;
let second: Person;

before(async () => {
  world = await World.open(await buildApp());
  ada = await world.person("Ada");
  bruno = await world.person("Bruno");
  await ada.signUp(await world.adminLink());
  await bruno.signUp(await ada.invite());
  await bruno.openChat("Ada");
  await ada.openChat("Bruno");
});

after(() => world?.close());

test("two tabs show and send the same conversation", async () => {
  second = await ada.secondTab();
  await second.page.goto(world.url);
  await second.openChat("Bruno");
  await second.send("From the second tab");
  await bruno.sees("From the second tab");
  await ada.sees("From the second tab");
  await bruno.send("To both tabs");
  await ada.sees("To both tabs");
  await second.sees("To both tabs");
});

test("when the tab that runs the engine is closed, the other one goes on", async () => {
  await ada.page.close();
  await second.send("The first tab is gone");
  await bruno.sees("The first tab is gone");
  await bruno.send("But we are still here");
  await second.sees("But we are still here");
});

test("an engine that stops answering is started again, with a notice", async () => {
  await second.page.clock.install();
  await second.page.reload();
  await second.sees("But we are still here");
  const [worker] = second.page.workers();
  assert.ok(worker, "the page has a worker");
  await worker.evaluate("setTimeout(() => { for (;;); }, 0)");
  await second.page.clock.runFor(36_000);
  await second.page.getByText("Rempart had stopped answering").waitFor();
  await second.send("Back on my feet");
  await bruno.sees("Back on my feet");
});

test("a link opened by somebody who has an account asks before it adds a contact", async () => {
  const carol = await world.person("Carol");
  await carol.signUp(await bruno.invite());
  await carol.page.getByRole("button", { name: "New conversation" }).click();
  await carol.page.getByRole("button", { name: "My contact link" }).click();
  const link = await carol.page.getByRole("textbox", { name: "My contact link" }).inputValue();
  await second.page.goto(link);
  await second.page.getByRole("button", { name: "Add and write" }).click();
  await second.send("Hello Carol");
  await carol.openChat("Ada");
  await carol.sees("Hello Carol");
  assert.equal(await second.page.evaluate(() => location.hash), "");
  assert.deepEqual(carol.complaints, []);
});

test("a spent invitation is refused with a sentence", async () => {
  const link = await bruno.invite();
  const dora = await world.person("Dora");
  await dora.signUp(link);
  const late = await world.person("Late");
  await late.page.goto(link);
  await late.page.getByLabel("Your name").fill("Late");
  await late.page.getByRole("button", { name: "Create account" }).click();
  await late.page.getByRole("alert").getByText("has been used up").waitFor();
  await late.page.goto("about:blank");
  await late.page.goto(`${link.slice(0, -4)}`);
  await late.page.getByRole("alert").getByText("not a Rempart link, or it was cut short").waitFor();
});

test("a full disk stops the app with an explanation, and nothing is lost", async () => {
  const devtools = await bruno.context.newCDPSession(bruno.page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: world.url, quotaSize: 1 });
  await bruno.page.locator(".chat-row", { hasText: "Ada" }).first().click();
  await bruno.page.locator('input[type="file"]').setInputFiles({
    name: "large.bin",
    mimeType: "application/octet-stream",
    buffer: Buffer.alloc(24_000_000, 1),
  });
  await bruno.composer.press("Enter");
  await bruno.page.getByRole("heading", { name: "There is no room left on this device" }).waitFor();
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: world.url });
  await bruno.page.getByRole("button", { name: "Try again" }).click();
  await bruno.openChat("Ada");
  await bruno.sees("Back on my feet");
  await bruno.send("There is room again");
  await second.openChat("Bruno");
  await second.sees("There is room again");
});

test("storage that was cleared is told, and one can start afresh", async () => {
  const eve = await world.person("Eve");
  await eve.page.addInitScript(() => {
    if (!("cleared" in sessionStorage)) localStorage.setItem("rempart.has-account", "1");
    sessionStorage.setItem("cleared", "1");
  });
  await eve.page.goto(world.url);
  await eve.page.getByRole("heading", { name: "The data in this browser was removed" }).waitFor();
  await eve.page.getByRole("button", { name: "Start afresh" }).click();
  await eve.page.getByRole("heading", { name: "Welcome to Rempart" }).waitFor();
  assert.deepEqual(eve.complaints, []);
});

test("an insecure address is told", async () => {
  const eve = await world.person("Eve");
  await eve.page.addInitScript(() => Object.defineProperty(window, "isSecureContext", { value: false }));
  await eve.page.goto(world.url);
  await eve.page.getByRole("heading", { name: "This address is not secure" }).waitFor();
});

test("nobody's browser had anything to complain about", () => {
  // The full disk is what that test was about.
  const complaints = [...ada.complaints, ...bruno.complaints].filter(
    (text) => !/opfs-sahpool|quota|ERR_LOCAL_FULL|disk I\/O/i.test(text),
  );
  assert.deepEqual(complaints, []);
});
