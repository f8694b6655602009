/** A browser that dies in the middle of its work: what was shown was durable, and goes out once. */
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
  [ada, bruno] = [await world.person("Ada"), await world.person("Bruno")];
  await ada.signUp(await world.adminLink());
  await bruno.signUp(await ada.invite());
  await ada.openChat("Bruno");
  await bruno.openChat("Ada");
});

after(() => world?.close());

/** Ends the process that draws the page and runs its worker, without a word to either. */
async function crash(person: Person): Promise<Person> {
  const crashed = person.page.waitForEvent("crash");
  // The navigation never ends, as its process does.
  person.page.goto("chrome://crash").catch(() => undefined);
  await crashed;
  await person.page.close();
  const next = await person.secondTab();
  await next.page.goto(world.url);
  return next;
}

test("a message that its author has seen outlives the browser's process, and arrives once", async () => {
  const said: string[] = [];
  for (let round = 0; round < 4; round++) {
    for (const word of ["before", "at"]) {
      said.push(`${word} crash ${round}`);
      await ada.send(said.at(-1) ?? "");
    }
    await ada.sees(`at crash ${round}`);
    ada = await crash(ada);
    await ada.openChat("Bruno");
    // The bar is drawn before the messages are.
    await ada.sees(`at crash ${round}`);
    assert.deepEqual(await ada.texts(), said);
    await bruno.sees(`at crash ${round}`);
  }
  await ada.seesState("at crash 3", "Delivered", "Read");
  assert.deepEqual(await bruno.texts(), said);
});
