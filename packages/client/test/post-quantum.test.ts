import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { createClient } from "../src/client.ts";
import { openSqliteStore } from "../src/platform/node/index.ts";
import {
  chatBetween,
  classical,
  crypto,
  eventually,
  fastClock,
  type Person,
  sees,
  TestNetwork,
  temporaryPath,
  texts,
  World,
} from "./world.ts";

const hybrid = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";

suite("cipher suites", () => {
  const world = new World();
  const open: Person[] = [];
  after(async () => {
    for (const { client } of open) await client.close();
    await world.end();
  });

  async function person(name: string, invite: string, suites?: readonly (typeof classical | typeof hybrid)[]) {
    const network = new TestNetwork(world.service);
    const store = temporaryPath();
    const defects: unknown[] = [];
    const client = await createClient({
      store: openSqliteStore(store),
      network,
      clock: fastClock,
      crypto,
      defect: (error) => defects.push(error),
      ...(suites && { suites }),
    });
    open.push({ client, store, network, defects });
    await client.createAccount({ invite, name });
    return { client, store, network, defects };
  }

  test("chats are hybrid post-quantum, classical with those who have nothing else, and say so", async () => {
    const ada = await person("Ada", await world.firstInvite());
    const { invite } = await ada.client.createInvite({ uses: 20, expiresInMs: 3_600_000 });
    const bob = await person("Bob", invite);
    const old = await person("Old", invite, [classical]);
    const toBob = await chatBetween(ada, bob);
    const toOld = await chatBetween(ada, old);
    assert.equal((await ada.client.chat(toBob)).postQuantum, true);
    assert.equal((await ada.client.chat(toOld)).postQuantum, false);
    await ada.client.send({ chat: toBob, text: "hybrid" });
    await ada.client.send({ chat: toOld, text: "classical" });
    await sees(bob, toBob, ["hybrid"]);
    await sees(old, toOld, ["classical"]);
  });

  test("a commit and a Welcome that are too large for an entry travel as blobs", async () => {
    const [ada] = open;
    assert.ok(ada);
    const { invite } = await ada.client.createInvite({ uses: 20, expiresInMs: 3_600_000 });
    const people: Person[] = [];
    for (let i = 0; i < 16; i++) people.push(await person(`P${i}`, invite, [hybrid]));
    const contacts: string[] = [];
    for (const { client } of people) contacts.push((await client.account())?.account ?? "");
    await eventually(ada.client, async () => {
      const known = (await ada.client.contacts()).map((contact) => contact.contact);
      return contacts.every((contact) => known.includes(contact));
    });
    const { chat } = await ada.client.createGroup({ name: "Many", contacts });
    await ada.client.send({ chat, text: "hello, everyone" });
    for (const one of people) await sees(one, chat, ["hello, everyone"]);
    const [first, last] = [people[0], people.at(-1)];
    assert.ok(first && last);
    await first.client.send({ chat, text: "hello" });
    await eventually(last.client, async () => (await texts(last.client, chat)).length === 2);
    assert.deepEqual(ada.defects, []);
  });
});
