/** Every screen, in both themes and layouts, through axe and under the server's content security policy. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { buildPage } from "./build.ts";
import type { Person } from "./person.ts";
import { layouts, scenes, show } from "./scenes.ts";
import { World } from "./world.ts";

/** Looked at in every layout; the others, which are made of the same parts, in one. */
const mainScenes = ["welcome", "phrase", "chats", "group-chat", "group-info", "people", "invites", "settings"];

let world: World;

before(async () => {
  world = await World.open(await buildPage("harness"));
});

after(() => world?.close());

for (const [index, { name: layout, ...options }] of layouts.entries()) {
  describe(layout, () => {
    let person: Person;
    before(async () => {
      person = await world.person(layout, options);
    });

    for (const scene of scenes.filter(({ name }) => index === 0 || mainScenes.includes(name))) {
      test(`${scene.name} has no accessibility violation and no complaint`, async () => {
        await show(person.page, world.url, scene);
        const { violations } = await new AxeBuilder({ page: person.page }).analyze();
        const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 300)}`));
        assert.deepEqual(found, []);
        assert.deepEqual(person.complaints.splice(0), []);
      });
    }
  });
}
