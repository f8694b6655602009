import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { decodeReceived, decodeRequest, encodePush, toHex } from "@rempart/protocol";
import { chatBetween, eventually, type Person, reopen, sees, texts, World } from "./world.ts";

suite("accounts of several devices", () => {
  const world = new World();
  let ada: Person;
  let adaPhone: Person;
  let bob: Person;
  let bobPhone: Person;
  let bobTablet: Person;
  let chat: string;

  before(async () => {
    [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    chat = await chatBetween(ada, bob);
    await chatBetween(bob, ada);
    await ada.client.send({ chat, text: "from the time of one device each" });
    await sees(bob, chat, ["from the time of one device each"]);
  });
  after(() => world.end());

  test("a linked device is let into every chat, and gets its history and contacts", async () => {
    adaPhone = await world.linked(ada);
    const account = await adaPhone.client.account();
    assert.equal(account?.account, (await ada.client.account())?.account);
    assert.equal(account?.name, "Ada");
    await sees(adaPhone, chat, ["from the time of one device each"]);
    await eventually(adaPhone.client, async () => (await adaPhone.client.contacts())[0]?.name === "Bob");
    bobPhone = await world.linked(bob);
    bobTablet = await world.linked(bob);
    for (const device of [bobPhone, bobTablet]) await sees(device, chat, ["from the time of one device each"]);
    const members = await eventually(ada.client, async () => {
      const view = await ada.client.chat(chat);
      return view.members.reduce((total, member) => total + member.devices, 0) === 5 && view.members;
    });
    assert.equal(members.length, 2);
  });

  test("whatever any device writes, all five show, in one order", async () => {
    const expected = ["from the time of one device each"];
    for (const [index, device] of [adaPhone, bobTablet, ada, bobPhone, bob].entries()) {
      const { message } = await device.client.send({ chat, text: `${index}` });
      await device.client.whenSent(message);
      expected.push(`${index}`);
    }
    for (const device of [ada, adaPhone, bob, bobPhone, bobTablet]) await sees(device, chat, expected);
    const own = await adaPhone.client.messages({ chat, limit: 10 });
    assert.ok(own.filter((m) => m.name === "Ada").every((m) => m.isOwn));
  });

  test("of the edits that two devices make of one message, all show the one that is last in the log", async () => {
    const { message } = await ada.client.send({ chat, text: "draft" });
    await sees(adaPhone, chat, [...(await texts(adaPhone.client, chat)).filter((text) => text !== "draft"), "draft"]);
    ada.network.down();
    await ada.client.edit({ message, text: "second" });
    await adaPhone.client.edit({ message, text: "first" });
    await eventually(bob.client, async () => (await texts(bob.client, chat)).includes("first"));
    ada.network.isUp = true;
    await ada.client.reconnect();
    for (const device of [bob, adaPhone, ada]) {
      await eventually(device.client, async () => (await texts(device.client, chat)).includes("second"));
    }
    // What has come by then from the log would have undone it.
    await ada.client.whenSent((await ada.client.send({ chat, text: "after" })).message);
    assert.ok((await texts(ada.client, chat)).includes("second"));
  });

  test("what is read on one device is read on the other", async () => {
    const { unread } = await ada.client.chat(chat);
    assert.ok(unread > 0);
    await eventually(adaPhone.client, async () => (await adaPhone.client.chat(chat)).unread === unread);
    const last = (await adaPhone.client.messages({ chat, limit: 1 }))[0];
    await adaPhone.client.markRead({ chat, upTo: last?.order ?? 0 });
    await eventually(ada.client, async () => (await ada.client.chat(chat)).unread === 0);
  });

  test("a new group reaches all devices of its members, and a leave takes all of an account's", async () => {
    const account = (await bob.client.account())?.account ?? "";
    const { chat: group } = await adaPhone.client.createGroup({ name: "All", contacts: [account] });
    for (const device of [ada, bob, bobPhone, bobTablet]) {
      await eventually(device.client, async () => (await device.client.chats()).some((c) => c.chat === group));
    }
    await bobTablet.client.send({ chat: group, text: "hi" });
    for (const device of [ada, adaPhone, bob]) {
      await eventually(device.client, async () => (await texts(device.client, group)).join() === "hi");
    }
    await bobPhone.client.leaveGroup(group);
    for (const device of [bob, bobTablet]) {
      await eventually(device.client, async () => !(await device.client.chat(group)).isActive);
    }
    await eventually(ada.client, async () => (await ada.client.chat(group)).members.length === 1);
  });

  test("a leave takes along a device that came while whoever leaves was offline", async () => {
    const account = (await bob.client.account())?.account ?? "";
    const { chat: group } = await ada.client.createGroup({ name: "Offline", contacts: [account] });
    for (const device of [bob, bobPhone, bobTablet]) {
      await eventually(device.client, async () => (await device.client.chats()).some((c) => c.chat === group));
    }
    bob.network.down();
    const leaving = bob.client.leaveGroup(group);
    const laptop = await world.linked(bobPhone);
    await eventually(laptop.client, async () => (await laptop.client.chats()).some((c) => c.chat === group));
    bob.network.isUp = true;
    await bob.client.reconnect();
    await leaving;
    for (const device of [bob, bobPhone, bobTablet, laptop]) {
      await eventually(device.client, async () => !(await device.client.chat(group)).isActive);
    }
    await eventually(ada.client, async () => (await ada.client.chat(group)).members.length === 1);
  });

  test("a group that a sibling opened to others meanwhile is left to them", async () => {
    const { chat: group } = await bob.client.createGroup({ name: "Alone", contacts: [] });
    for (const device of [bobPhone, bobTablet]) {
      await eventually(device.client, async () => (await device.client.chats()).some((c) => c.chat === group));
    }
    // Nobody else is there: Bob's device begins to take its siblings out, and one of them is faster.
    const contacts = [(await ada.client.account())?.account ?? ""];
    const isAdded = new Promise<void>((resolve, reject) => {
      bob.network.tampering.toServer = (frame) => {
        const request = decodeRequest(frame);
        if (request.name !== "append" || request.body.next === undefined) return frame;
        hearing(bob);
        bobPhone.client.addMembers({ chat: group, contacts }).then(resolve, reject);
        return undefined;
      };
    });
    const leaving = bob.client.leaveGroup(group);
    await isAdded;
    bob.network.cut();
    await leaving;
    for (const device of [bob, bobPhone, bobTablet]) {
      await eventually(device.client, async () => !(await device.client.chat(group)).isActive);
    }
    await eventually(ada.client, async () => (await ada.client.chat(group)).members.length === 1);
  });

  test("who was added while the account was leaving by another device is welcomed all the same", async () => {
    const cyd = await world.person("Cyd", (await ada.client.createInvite({ uses: 1, expiresInMs: 3_600_000 })).invite);
    const idOf = async (person: Person) => (await person.client.account())?.account ?? "";
    await bob.client.addContact(await cyd.client.contactLink());
    const { chat: group } = await bob.client.createGroup({ name: "Late", contacts: [await idOf(ada)] });
    for (const device of [ada, adaPhone, bobPhone, bobTablet]) {
      await eventually(device.client, async () => (await device.client.chats()).some((c) => c.chat === group));
    }
    // Nobody can commit the leave, and this device does not hear of it, until its own commit is in the log.
    for (const device of [ada, adaPhone, bobTablet]) device.network.down();
    const landed = deafened(bob, group);
    const leaving = bobPhone.client.leaveGroup(group);
    await eventually(bobPhone.client, async () => !(await bobPhone.client.chat(group)).isActive);
    const adding = bob.client.addMembers({ chat: group, contacts: [await idOf(cyd)] });
    await landed;
    bob.network.cut();
    await eventually(bob.client, async () => !(await bob.client.chat(group)).isActive);
    hearing(bob);
    for (const device of [ada, adaPhone, bobTablet]) device.network.isUp = true;
    for (const device of [ada, adaPhone, bobTablet]) await device.client.reconnect();
    await eventually(cyd.client, async () => (await cyd.client.chats()).some((c) => c.chat === group));
    await Promise.all([leaving, adding]);
    await eventually(cyd.client, async () => (await cyd.client.chat(group)).members.length === 2);
    await cyd.client.send({ chat: group, text: "thanks" });
    await eventually(ada.client, async () => (await texts(ada.client, group)).includes("thanks"));
  });

  test("preferences follow", async () => {
    await bob.client.setPreferences({ language: "fr" });
    await eventually(bobTablet.client, async () => (await bobTablet.client.preferences()).language === "fr");
    await reopen(bobTablet);
    assert.equal((await bobTablet.client.preferences()).language, "fr");
  });
});

/** Until a commit of this device has been accepted it hears nothing of the log; then, what stands before that commit. */
function deafened({ network: { tampering } }: Person, log: string): Promise<void> {
  const commits = new Map<number, string>();
  const accepted = new Set<string>();
  tampering.toServer = (frame) => {
    const request = decodeRequest(frame);
    if (request.name === "append" && request.body.next !== undefined)
      commits.set(request.requestId, toHex(request.body.entryId));
    return frame;
  };
  return new Promise((resolve) => {
    tampering.toClient = (frame) => {
      const received = decodeReceived(frame);
      const commit = received.kind === "reply" ? commits.get(received.requestId) : undefined;
      if (commit !== undefined) {
        accepted.add(commit);
        resolve();
      }
      if (received.kind !== "push" || received.push.name === "goodbye") return frame;
      const { logId } = received.push.body;
      if (toHex(logId) !== log) return frame;
      if (received.push.name !== "entries" || accepted.size === 0) return undefined;
      const { entries } = received.push.body;
      const end = entries.findIndex(({ entryId }) => accepted.has(toHex(entryId)));
      return encodePush("entries", { logId, entries: entries.slice(0, end) });
    };
  });
}

function hearing({ network }: Person): void {
  delete network.tampering.toServer;
  delete network.tampering.toClient;
  network.cut();
}
