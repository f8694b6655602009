/** The server is under attack, and people at their browsers are told so, wait, and get in. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildApp } from "./build.ts";
import type { Person } from "./person.ts";
import { World } from "./world.ts";

/** About a second of work. */
const effort = 100;

let world: World;
let bruno: Person;
let carol: Person;

/** In quiet: two people who know each other, and one who has an invitation open. */
before(async () => {
  world = await World.open(await buildApp(), { gateLimits: { effortFloor: effort } });
  const ada = await world.person("Ada");
  await ada.signUp(await world.adminLink());
  bruno = await world.person("Bruno");
  await noteLines(bruno);
  await bruno.signUp(await ada.invite());
  await bruno.openChat("Ada");
  await ada.openChat("Bruno");
  carol = await world.person("Carol");
  await noteLines(carol);
  await carol.page.goto(await ada.invite());
  await carol.page.getByLabel("Your name").fill("Carol");
  // All that the page may need is on this side of the gate.
  await carol.page.evaluate(async () => void (await navigator.serviceWorker.ready));
});

after(() => world?.close());

function besiege(): void {
  const load = {
    connections: 0,
    unadmitted: 0,
    memoryShare: 0,
    loopDelayP99Ms: 0,
    loopBusyShare: 0,
    acceptOverflows: 0,
  };
  for (let second = 0; second < 2; second++) world.server.gate.tick({ ...load, handshakeQueueAgeMs: 60_000 });
  assert.equal(world.server.gate.mode, "siege");
}

/** Keeps what every waiting line says, however short a time it stands. */
async function noteLines({ page }: Person): Promise<void> {
  await page.addInitScript(() => {
    const lines: string[] = [];
    Object.assign(globalThis, { lines });
    new MutationObserver(() => {
      const text = document.querySelector(".waiting-line")?.textContent;
      if (text != null && lines.at(-1) !== text) lines.push(text);
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
}

const linesOf = ({ page }: Person) => page.evaluate(() => (globalThis as unknown as { lines: string[] }).lines);

test("whoever is thrown out keeps his chats in front of him, and what he writes goes out by itself", async () => {
  await world.wire.cut();
  besiege();
  await bruno.send("Still there?");
  await bruno.sees("Still there?");
  await bruno.page.locator(".connection-line").waitFor();
  await world.wire.mend();
  await bruno.seesState("Still there?", "Sent", "Delivered", "Read");
  const lines = await linesOf(bruno);
  assert.ok(lines.some((line) => /^The server is under attack\. /.test(line)));
  await bruno.page.locator(".waiting-line").waitFor({ state: "detached" });
  assert.deepEqual(bruno.complaints, []);
});

test("an invitation: one calm line, a proof, and on by itself", async () => {
  const { page } = carol;
  assert.equal(world.server.gate.mode, "siege");
  const { E: unproved } = world.server.gate.counters.admitted;
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Recovery phrase" }).waitFor();
  const lines = await linesOf(carol);
  assert.ok(lines.some((line) => /^The server is under attack\. Proving that this is a person’s device/.test(line)));
  assert.equal(world.server.gate.counters.admitted.E, unproved);
  assert.deepEqual(carol.complaints, []);
});
