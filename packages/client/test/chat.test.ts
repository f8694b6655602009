import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { chatBetween, eventually, type Person, sees, speech, World } from "./world.ts";

suite("two people", () => {
  const world = new World();
  let ada: Person;
  let bob: Person;
  let chat: string;

  before(async () => {
    [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    chat = await chatBetween(ada, bob);
  });
  after(() => world.end());

  test("an invited person and the one who invited are contacts by name", async () => {
    assert.equal((await ada.client.account())?.role, "admin");
    assert.equal((await bob.client.account())?.role, "member");
    await eventually(ada.client, async () => (await ada.client.contacts())[0]?.name === "Bob");
    await eventually(bob.client, async () => (await bob.client.contacts())[0]?.name === "Ada");
    assert.equal(await chatBetween(bob, ada), chat);
  });

  test("messages arrive in order and are told as delivered and read", async () => {
    const sent = await ada.client.send({ chat, text: "one" });
    assert.equal(sent.state, "queued");
    const { seq } = await ada.client.whenSent(sent.message);
    assert.ok(seq > 0);
    await ada.client.send({ chat, text: "two" });
    await sees(bob, chat, ["one", "two"]);
    await bob.client.send({ chat, text: "three" });
    await sees(ada, chat, ["one", "two", "three"]);
    await eventually(ada.client, async () => (await speech(ada.client, chat))[0]?.state === "delivered");
    const last = (await speech(bob.client, chat)).at(-1);
    assert.equal((await bob.client.chats())[0]?.unread, 2);
    await bob.client.markRead({ chat, upTo: last?.order ?? 0 });
    assert.equal((await bob.client.chats())[0]?.unread, 0);
    await eventually(ada.client, async () =>
      (await speech(ada.client, chat)).slice(0, 2).every((m) => m.state === "read"),
    );
  });
});
