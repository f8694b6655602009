/** The store contract in a real browser: SQLite on the origin-private file system, under the server's own policy. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { storeContract } from "../../../packages/client/src/store-contract.ts";
import { buildPage } from "./build.ts";
import type { Person } from "./person.ts";
import { World } from "./world.ts";

interface Outcome {
  readonly name: string;
  readonly failure: string | null;
}

let world: World;
let outcomes: readonly Outcome[];
let person: Person;

before(async () => {
  world = await World.open(await buildPage("store-page"));
  person = await world.person("tester");
  await person.page.goto(world.url);
  outcomes = await person.page.evaluate(() => (window as unknown as { outcome: Promise<Outcome[]> }).outcome);
});

after(() => world?.close());

for (const { name } of storeContract) {
  test(`browser store: ${name}`, () => {
    const outcome = outcomes.find((each) => each.name === name);
    assert.ok(outcome, "the case was run");
    assert.equal(outcome.failure, null);
  });
}

test("the store runs under the server's content security policy", () => {
  assert.deepEqual(person.complaints, []);
});
