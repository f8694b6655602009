import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { decodeRequest } from "@rempart/protocol";
import { chatBetween, eventually, type Person, sees, texts, World } from "./world.ts";

async function idOf(person: Person): Promise<string> {
  return (await person.client.account())?.account ?? "";
}

suite("groups", () => {
  const world = new World();
  let ada: Person;
  let bob: Person;
  let cyd: Person;
  let chat: string;

  const memberNames = async (person: Person) =>
    (await person.client.chat(chat)).members.map((member) => member.name).sort();

  before(async () => {
    [ada, bob, cyd] = (await world.people("Ada", "Bob", "Cyd")) as [Person, Person, Person];
    await chatBetween(ada, bob);
    await chatBetween(ada, cyd);
    ({ chat } = await ada.client.createGroup({ name: "Trip", contacts: [await idOf(bob)] }));
  });
  after(() => world.end());

  test("a new group is there for its members, under its name", async () => {
    const view = await eventually(bob.client, async () => (await bob.client.chats()).find((c) => c.chat === chat));
    assert.equal(view.title, "Trip");
    assert.deepEqual(await memberNames(bob), ["Ada", "Bob"]);
    await ada.client.send({ chat, text: "hello" });
    await sees(bob, chat, ["hello"]);
  });

  test("a member who is added reads from then on, and knows the others by name", async () => {
    await ada.client.addMembers({ chat, contacts: [await idOf(cyd)] });
    await eventually(cyd.client, async () => (await cyd.client.chats()).some((c) => c.chat === chat));
    await bob.client.send({ chat, text: "welcome" });
    await sees(cyd, chat, ["welcome"]);
    await eventually(cyd.client, async () => (await memberNames(cyd)).join() === "Ada,Bob,Cyd");
    const notices = (await bob.client.messages({ chat, limit: 50 })).flatMap((m) => m.notice ?? []);
    await eventually(bob.client, async () => (await memberNames(bob)).join() === "Ada,Bob,Cyd");
    assert.ok(notices.some((notice) => notice.kind === "added"));
  });

  test("names, roles and permissions are changed by those who may", async () => {
    await ada.client.renameGroup({ chat, name: "Trip to Brest" });
    await eventually(cyd.client, async () => (await cyd.client.chat(chat)).title === "Trip to Brest");
    await assert.rejects(bob.client.renameGroup({ chat, name: "Mine" }), { code: "ERR_PERMISSION" });
    await ada.client.setRole({ chat, account: await idOf(bob), role: "admin" });
    await eventually(bob.client, async () => (await bob.client.chat(chat)).ownRole === "admin");
    await bob.client.renameGroup({ chat, name: "Ours" });
    await eventually(ada.client, async () => (await ada.client.chat(chat)).title === "Ours");
    const { permissions } = await ada.client.chat(chat);
    await ada.client.setPermissions({ chat, permissions: { ...permissions, send: "admin" } });
    await eventually(cyd.client, async () => (await cyd.client.chat(chat)).permissions.send === "admin");
    await assert.rejects(cyd.client.send({ chat, text: "hush" }), { code: "ERR_PERMISSION" });
    await ada.client.setPermissions({ chat, permissions });
  });

  test("two changes at once both come true: the log decides the order", async () => {
    await Promise.all([
      ada.client.renameGroup({ chat, name: "Race" }),
      bob.client.setRole({ chat, account: await idOf(cyd), role: "admin" }),
      cyd.client.send({ chat, text: "meanwhile" }),
    ]);
    for (const person of [ada, bob, cyd]) {
      await eventually(person.client, async () => {
        const view = await person.client.chat(chat);
        return view.title === "Race" && view.members.every((member) => member.role !== "member");
      });
    }
    await sees(ada, chat, ["hello", "welcome", "meanwhile"]);
  });

  test("who leaves is gone for all, and who stays can write", async () => {
    await cyd.client.leaveGroup(chat);
    assert.equal((await cyd.client.chat(chat)).isActive, false);
    await assert.rejects(cyd.client.send({ chat, text: "x" }), { code: "ERR_INACTIVE" });
    await ada.client.send({ chat, text: "bye Cyd" });
    for (const person of [ada, bob])
      await eventually(person.client, async () => (await memberNames(person)).length === 2);
    await sees(bob, chat, ["hello", "welcome", "meanwhile", "bye Cyd"]);
    assert.deepEqual(await texts(cyd.client, chat), ["welcome", "meanwhile"]);
    const kinds = (await ada.client.messages({ chat, limit: 100 })).flatMap((m) => m.notice?.kind ?? []);
    assert.ok(kinds.includes("left") && !kinds.includes("removed"));
    await cyd.client.deleteChat(chat);
    assert.equal(
      (await cyd.client.chats()).some((c) => c.chat === chat),
      false,
    );
  });

  test("a message that was never sent cannot be changed for others, only deleted here", async (t) => {
    const world = new World();
    t.after(() => world.end());
    const [dan, eve] = (await world.people("Dan", "Eve")) as [Person, Person];
    await chatBetween(dan, eve);
    const { chat: group } = await dan.client.createGroup({ name: "G", contacts: [await idOf(eve)] });
    await eventually(eve.client, async () => (await eve.client.chats()).some((c) => c.chat === group));
    eve.network.down();
    const { message } = await eve.client.send({ chat: group, text: "too late" });
    await dan.client.removeMember({ chat: group, account: await idOf(eve) });
    eve.network.isUp = true;
    await eve.client.reconnect();
    await assert.rejects(eve.client.whenSent(message), { code: "ERR_INACTIVE" });
    await dan.client.addMembers({ chat: group, contacts: [await idOf(eve)] });
    await eventually(eve.client, async () => (await eve.client.chat(group)).isActive);
    await assert.rejects(eve.client.edit({ message, text: "x" }), { code: "ERR_ARGUMENT" });
    await assert.rejects(eve.client.react({ message, emoji: "x" }), { code: "ERR_ARGUMENT" });
    assert.equal((await eve.client.delete(message)).isDeleted, true);
  });

  test("what was said before a leave is committed is there for whoever leaves", async (t) => {
    const world = new World();
    t.after(() => world.end());
    const [dan, eve] = (await world.people("Dan", "Eve")) as [Person, Person];
    await chatBetween(dan, eve);
    const { chat: group } = await dan.client.createGroup({ name: "G", contacts: [await idOf(eve)] });
    await eventually(eve.client, async () => (await eve.client.chats()).some((c) => c.chat === group));
    // Sealed, and on its way: it gets into the log behind Eve's leave, and before the commit.
    dan.network.tampering.toServer = (frame) => (decodeRequest(frame).name === "append" ? undefined : frame);
    await dan.client.send({ chat: group, text: "on its way" });
    dan.network.down();
    delete dan.network.tampering.toServer;
    await eve.client.leaveGroup(group);
    dan.network.isUp = true;
    await dan.client.reconnect();
    await eventually(dan.client, async () => (await dan.client.chat(group)).members.length === 1);
    await sees(eve, group, ["on its way"]);
  });

  test("who left can be added again", async () => {
    await ada.client.addMembers({ chat, contacts: [await idOf(cyd)] });
    await eventually(cyd.client, async () => (await cyd.client.chats()).some((c) => c.chat === chat && c.isActive));
    await cyd.client.send({ chat, text: "back" });
    await eventually(ada.client, async () => (await texts(ada.client, chat)).at(-1) === "back");
  });

  test("who is removed keeps the history and nothing more", async () => {
    await ada.client.removeMember({ chat, account: await idOf(bob) });
    await eventually(bob.client, async () => !(await bob.client.chat(chat)).isActive);
    await ada.client.send({ chat, text: "secret" });
    await eventually(cyd.client, async () => (await texts(cyd.client, chat)).at(-1) === "secret");
    assert.equal((await texts(bob.client, chat)).includes("secret"), false);
  });
});
