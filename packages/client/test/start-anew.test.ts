import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { losePlace } from "./disk.ts";
import {
  chatBetween,
  eventually,
  hasChat,
  openClient,
  type Person,
  sees,
  speaks,
  speech,
  texts,
  World,
} from "./world.ts";

/** Longer than those who have lost their place wait for somebody who has not. */
const patienceMs = 400_000;

async function opened(...people: readonly Person[]): Promise<void> {
  for (const person of people) person.client = await openClient(person);
}

async function closed(...people: readonly Person[]): Promise<void> {
  for (const person of people) await person.client.close();
}

/** Waits until a chat, under whatever id it goes on, shows these texts. */
async function shows(person: Person, chat: string, expected: readonly string[]): Promise<void> {
  await eventually(person.client, async () => (await texts(person.client, chat)).join("|") === expected.join("|"));
}

let spoken = 0;

/** What one says comes to the other, in the chat as it goes on. */
async function talks(speaker: Person, listener: Person, chat: string): Promise<void> {
  spoken++;
  const { message, text } = await speaker.client.send({ chat, text: `said ${spoken}` });
  await speaker.client.whenSent(message);
  await eventually(listener.client, async () => (await texts(listener.client, chat)).includes(text));
}

async function reactionsTo(person: Person, chat: string, text: string): Promise<readonly string[]> {
  const message = (await speech(person.client, chat)).find((each) => each.text === text);
  return (message?.reactions ?? []).map(({ emoji, count }) => `${emoji}${count}`);
}

suite("a one-to-one chat in which both have lost their place", () => {
  let world: World;
  afterEach(() => world.end());

  test("is founded anew, and goes on with its past and with what waited to be sent", async () => {
    world = new World();
    const { ada, bob, chat } = await world.pair("before");
    await ada.client.whenSent((await ada.client.send({ chat, text: "to be edited" })).message);
    await sees(bob, chat, ["before", "to be edited"]);
    await closed(bob);
    losePlace(bob, chat, patienceMs);
    await ada.client.whenSent((await ada.client.send({ chat, text: "while Bob was away" })).message);
    ada.network.down();
    const [before, toEdit] = await speech(ada.client, chat);
    await ada.client.edit({ message: toEdit?.message ?? "", text: "edited" });
    await ada.client.react({ message: before?.message ?? "", emoji: "👍" });
    const first = await ada.client.send({ chat, text: "first draft" });
    await ada.client.edit({ message: first.message, text: "waited" });
    await ada.client.send({ chat, text: "answers it", replyTo: first.message });
    const regretted = await ada.client.send({ chat, text: "regretted" });
    await ada.client.delete(regretted.message);
    const file = { name: "a.txt", type: "text/plain", bytes: new TextEncoder().encode("a file") };
    await ada.client.send({ chat, text: "with a file", file });
    await closed(ada);
    losePlace(ada, chat, patienceMs);
    ada.network.isUp = true;
    await opened(ada, bob);
    const all = ["before", "edited", "while Bob was away", "waited", "answers it", "with a file"];
    for (const person of [ada, bob]) await shows(person, chat, all);
    for (const person of [ada, bob]) {
      await eventually(person.client, async () => (await reactionsTo(person, chat, "before")).join() === "👍1");
      const { warnings, chat: now, isActive } = await person.client.chat(chat);
      assert.deepEqual(warnings, []);
      assert.ok(isActive && now < chat);
      assert.equal((await person.client.chats()).length, 1);
      assert.deepEqual(person.defects, []);
    }
    const [waited, answer, attached] = (await speech(bob.client, chat)).slice(3);
    assert.equal(answer?.replyTo?.message, waited?.message);
    assert.deepEqual(await bob.client.file(attached?.message ?? ""), file);
    await talks(bob, ada, chat);
    await talks(ada, bob, chat);
    // What was said in the old log can still be changed, and both sides agree on its place.
    await ada.client.edit({ message: toEdit?.message ?? "", text: "edited again" });
    await eventually(bob.client, async () => (await texts(bob.client, chat))[1] === "edited again");
    const orders = async (person: Person) => (await speech(person.client, chat)).map(({ message }) => message);
    assert.deepEqual(await orders(ada), await orders(bob));
    assert.ok((await speech(ada.client, chat)).every(({ state }) => state !== "queued" && state !== "failed"));
  });

  test("is not founded anew while one of them may still be let back in", async () => {
    world = new World();
    const { ada, bob, chat } = await world.pair("before");
    await closed(bob);
    losePlace(bob, chat, patienceMs);
    await opened(bob);
    await speaks(bob, ada, chat);
    assert.equal((await ada.client.chat(chat)).chat, chat);
    assert.equal((await bob.client.chat(chat)).chat, chat);
  });

  test("is found again by a device that was away, and what that had said is not lost", async () => {
    world = new World();
    const { ada, bob, chat } = await world.pair("before");
    const phone = await world.linked(ada);
    await hasChat(phone, chat);
    await sees(phone, chat, ["before"]);
    await closed(ada, bob);
    await phone.client.whenSent((await phone.client.send({ chat, text: "from the phone" })).message);
    phone.network.down();
    losePlace(ada, chat, patienceMs);
    losePlace(bob, chat, patienceMs);
    await opened(ada, bob);
    // Only Bob has nobody left to ask: Ada waits for her phone.
    await eventually(bob.client, async () => (await bob.client.chat(chat)).chat !== chat);
    await talks(bob, ada, chat);
    phone.network.isUp = true;
    await phone.client.reconnect();
    await eventually(phone.client, async () => (await phone.client.chat(chat)).chat !== chat);
    await talks(phone, bob, chat);
    await talks(phone, ada, chat);
    for (const person of [ada, bob]) {
      await eventually(person.client, async () => (await texts(person.client, chat)).includes("from the phone"));
    }
    const said = await texts(phone.client, chat);
    for (const person of [ada, bob]) assert.deepEqual(await texts(person.client, chat), said);
    assert.equal(await chatBetween(ada, bob), (await bob.client.chat(chat)).chat);
  });
});
