/**
 * Pictures of every screen in both themes and layouts, on the fake client, for people to look at:
 * `node apps/web/test/screenshots.ts FOLDER [SCENE…] [@LAYOUT…]`.
 */
import { join } from "node:path";
import { buildPage } from "./build.ts";
import { layouts, scenes, show } from "./scenes.ts";
import { World } from "./world.ts";

const [folder = "shots", ...wanted] = process.argv.slice(2);
const wantedScenes = wanted.filter((name) => !name.startsWith("@"));
const wantedLayouts = wanted.filter((name) => name.startsWith("@")).map((name) => name.slice(1));
const isWanted = (name: string, names: readonly string[]) => names.length === 0 || names.includes(name);

const world = await World.open(await buildPage("harness"));
for (const { name: layout, ...options } of layouts.filter(({ name }) => isWanted(name, wantedLayouts))) {
  for (const scene of scenes.filter(({ name }) => isWanted(name, wantedScenes))) {
    const person = await world.person(scene.name, options);
    await show(person.page, world.url, scene);
    // Pictures of what has just been measured and moved once more would be blurred.
    await person.page.waitForTimeout(200);
    await person.page.screenshot({ path: join(folder, `${scene.name}.${layout}.png`) });
    for (const complaint of person.complaints) console.error(complaint);
    await person.context.close();
  }
}
await world.close();
