import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { decodeReceived, decodeRequest, toHex } from "@rempart/protocol";
import { openSqliteStore } from "../src/platform/node/index.ts";
import { backUp, contactLogOf, forget, restore } from "./disk.ts";
import {
  chatBetween,
  eventually,
  hasChat,
  idOf,
  openClient,
  type Person,
  reopen,
  sees,
  speaks,
  texts,
  World,
} from "./world.ts";

/** More groups than a device has keys for at any one time: some are joined with keys made meanwhile. */
async function manyGroups(founder: Person, member: Person): Promise<readonly string[]> {
  const chats: string[] = [];
  for (let i = 0; i < 12; i++) {
    const { chat } = await founder.client.createGroup({ name: `G${i}`, contacts: [await idOf(member)] });
    await hasChat(member, chat);
    chats.push(chat);
  }
  return chats;
}

/** The server tells a device of its own commits in a log, and does not show them. */
function hideCommits({ network: { tampering } }: Person, log: string): void {
  const commits = new Set<string>();
  tampering.toServer = (frame) => {
    const request = decodeRequest(frame);
    const isCommit = request.name === "append" && request.body.next !== undefined && toHex(request.body.logId) === log;
    if (isCommit) commits.add(toHex(request.body.entryId));
    return frame;
  };
  tampering.toClient = (frame) => {
    const received = decodeReceived(frame);
    if (received.kind !== "push" || received.push.name !== "entries") return frame;
    return received.push.body.entries.some(({ entryId }) => commits.has(toHex(entryId))) ? undefined : frame;
  };
}

async function noticesOf(person: Person, chat: string): Promise<readonly string[]> {
  return (await person.client.messages({ chat, limit: 50 })).flatMap((view) => view.notice?.kind ?? []);
}

suite("healing", () => {
  let world: World;
  afterEach(() => world.end());

  function pair() {
    world = new World();
    return world.pair("before");
  }

  test("a restored backup finds its own later messages, renews its keys, and goes on", async () => {
    const { ada, bob, chat } = await pair();
    await ada.client.close();
    const copy = backUp(ada);
    ada.client = await openClient(ada);
    for (const text of ["x", "y"]) {
      const { message } = await ada.client.send({ chat, text });
      await ada.client.whenSent(message);
    }
    await sees(bob, chat, ["before", "x", "y"]);
    await ada.client.close();
    restore(ada, copy);
    ada.client = await openClient(ada);
    const sent = await ada.client.send({ chat, text: "after" });
    await ada.client.whenSent(sent.message);
    await sees(ada, chat, ["before", "x", "y", "after"]);
    await sees(bob, chat, ["before", "x", "y", "after"]);
    assert.deepEqual((await bob.client.chat(chat)).warnings, []);
  });

  test("what a restored backup still has in its queue, and the log shows, is out", async () => {
    const { ada, bob, chat } = await pair();
    ada.network.down();
    const { message } = await ada.client.send({ chat, text: "x" });
    await ada.client.edit({ message, text: "y" });
    await ada.client.close();
    const copy = backUp(ada);
    ada.network.isUp = true;
    ada.client = await openClient(ada);
    await sees(bob, chat, ["before", "y"]);
    await ada.client.close();
    restore(ada, copy);
    // Nothing that is sent again arrives: the log alone has to tell.
    ada.network.tampering.toServer = (frame) => (decodeRequest(frame).name === "append" ? undefined : frame);
    ada.client = await openClient(ada);
    const view = await eventually(ada.client, async () => {
      const own = (await ada.client.messages({ chat, limit: 9 })).find((each) => each.message === message);
      return own?.state === "sent" || own?.state === "delivered" ? own : undefined;
    });
    assert.equal(view.text, "y");
    assert.ok(view.seq > 0);
  });

  test("who was added is welcomed, though the server never shows the commit to the device that made it", async () => {
    const { ada, bob } = await pair();
    const { invite } = await ada.client.createInvite({ uses: 1, expiresInMs: 3_600_000 });
    const cyd = await world.person("Cyd", invite);
    await bob.client.addContact(await cyd.client.contactLink());
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    await hasChat(bob, chat);
    await ada.client.setRole({ chat, account: await idOf(bob), role: "admin" });
    await eventually(bob.client, async () => (await bob.client.chat(chat)).ownRole === "admin");
    hideCommits(bob, chat);
    await bob.client.addMembers({ chat, contacts: [await idOf(cyd)] });
    await hasChat(cyd, chat);
    await eventually(bob.client, async () => (await noticesOf(bob, chat)).includes("rejoined"));
    for (const [speaker, listener] of [
      [cyd, ada],
      [bob, cyd],
    ] as const) {
      await speaks(speaker, listener, chat);
    }
    // The Welcome came from a device that could not vouch for the chain of the log.
    for (const person of [ada, bob, cyd]) assert.deepEqual((await person.client.chat(chat)).warnings, []);
  });

  test("a backup from before an own commit comes back by an external commit, and asks for what it missed", async () => {
    const { ada, bob } = await pair();
    const account = (await bob.client.account())?.account ?? "";
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [account] });
    await eventually(bob.client, async () => (await bob.client.chats()).some((c) => c.chat === chat));
    await ada.client.close();
    const copy = backUp(ada);
    ada.client = await openClient(ada);
    await ada.client.renameGroup({ chat, name: "H" });
    const { message } = await ada.client.send({ chat, text: "under H" });
    await ada.client.whenSent(message);
    await bob.client.send({ chat, text: "noted" });
    await sees(ada, chat, ["under H", "noted"]);
    await ada.client.close();
    restore(ada, copy);
    ada.client = await openClient(ada);
    await sees(ada, chat, ["under H", "noted"]);
    assert.equal((await ada.client.chat(chat)).title, "H");
    await ada.client.send({ chat, text: "here again" });
    await sees(bob, chat, ["under H", "noted", "here again"]);
    const kinds = (await ada.client.messages({ chat, limit: 50 })).flatMap((m) => m.notice?.kind ?? []);
    assert.ok(kinds.includes("rejoined"));
  });

  test("a lost group state heals without anybody doing anything", async () => {
    const { ada, bob, chat } = await pair();
    await bob.client.close();
    forget(bob, chat);
    await ada.client.send({ chat, text: "can you read this?" });
    bob.client = await openClient(bob);
    await sees(bob, chat, ["before", "can you read this?"]);
    await bob.client.send({ chat, text: "yes" });
    await sees(ada, chat, ["before", "can you read this?", "yes"]);
    await reopen(bob);
    assert.deepEqual(await texts(bob.client, chat), ["before", "can you read this?", "yes"]);
  });

  test("members who are nobody's contacts help each other back, also those who came later", async () => {
    world = new World();
    const [ada, bob, cyd, dan] = (await world.people("Ada", "Bob", "Cyd", "Dan")) as [Person, Person, Person, Person];
    for (const person of [bob, cyd, dan]) await chatBetween(ada, person);
    const [toBob, toCyd, toDan] = await Promise.all([bob, cyd, dan].map(idOf));
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [toBob ?? "", toCyd ?? ""] });
    const said = ["from Bob", "from Cyd"];
    for (const [person, text] of [
      [bob, said[0]],
      [cyd, said[1]],
    ] as const) {
      await eventually(person.client, async () => (await person.client.chats()).some((view) => view.chat === chat));
      const { message } = await person.client.send({ chat, text: text ?? "" });
      await person.client.whenSent(message);
    }
    for (const person of [ada, bob, cyd]) await sees(person, chat, said);
    await ada.client.addMembers({ chat, contacts: [toDan ?? ""] });
    await eventually(dan.client, async () => {
      const names =
        (await dan.client.chats()).some((view) => view.chat === chat) && (await dan.client.chat(chat)).members;
      return (
        names &&
        names
          .map((member) => member.name)
          .sort()
          .join() === "Ada,Bob,Cyd,Dan"
      );
    });
    ada.network.down();
    cyd.network.down();
    for (const [lost, helper, text] of [
      [dan, bob, "can Dan read this?"],
      [bob, dan, "can Bob?"],
    ] as const) {
      await lost.client.close();
      forget(lost, chat);
      const { message } = await helper.client.send({ chat, text });
      await helper.client.whenSent(message);
      lost.client = await openClient(lost);
      await eventually(lost.client, async () => (await texts(lost.client, chat)).includes(text));
      const contacts = (await lost.client.contacts()).map((contact) => contact.contact);
      assert.deepEqual(contacts, [await idOf(ada)]);
    }
  });

  test("a chat that was joined after the backup was made is found again", async () => {
    const { ada, bob, chat: direct } = await pair();
    await bob.client.close();
    const copy = backUp(bob);
    bob.client = await openClient(bob);
    const chats = await manyGroups(ada, bob);
    await bob.client.close();
    restore(bob, copy);
    bob.client = await openClient(bob);
    for (const chat of [...chats, direct]) await speaks(bob, ada, chat);
    const kinds: string[] = [];
    for (const chat of chats) kinds.push(...(await noticesOf(bob, chat)));
    assert.ok(kinds.includes("rejoined") && kinds.includes("joined"));
    // The keys that the backup lacks are not on the server any more: nobody has to be helped into new groups.
    for (const chat of await manyGroups(ada, bob)) assert.deepEqual(await noticesOf(bob, chat), ["joined"]);
  });

  test("a group that was founded after the backup was made is found again", async () => {
    const { ada, bob, chat: direct } = await pair();
    await ada.client.close();
    const copy = backUp(ada);
    ada.client = await openClient(ada);
    await speaks(bob, ada, direct);
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    await speaks(bob, ada, chat);
    await ada.client.close();
    restore(ada, copy);
    ada.client = await openClient(ada);
    await speaks(ada, bob, chat);
  });

  test("whom a restored device had taken into a group lets it back, though it finds that it is out of step first", async () => {
    const { ada, bob } = await pair();
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [] });
    await ada.client.whenSent((await ada.client.send({ chat, text: "alone" })).message);
    const own = contactLogOf(ada);
    await ada.client.close();
    const copy = backUp(ada);
    ada.client = await openClient(ada);
    await eventually(ada.client, async () => (await ada.client.connection()).state === "online");
    await ada.client.addMembers({ chat, contacts: [await idOf(bob)] });
    await hasChat(bob, chat);
    await ada.client.close();
    restore(ada, copy);
    // The note of whom it has added comes only after the device has asked its siblings for a way back.
    const { tampering } = ada.network;
    const hasAsked = new Promise<void>((resolve) => {
      tampering.toServer = (frame) => {
        const request = decodeRequest(frame);
        if (request.name === "append" && toHex(request.body.logId) === own) resolve();
        return frame;
      };
    });
    tampering.toClient = (frame) => {
      const received = decodeReceived(frame);
      const { push } = received.kind === "push" ? received : {};
      return push !== undefined && push.name !== "goodbye" && toHex(push.body.logId) === own ? undefined : frame;
    };
    ada.client = await openClient(ada);
    await hasAsked;
    delete tampering.toClient;
    ada.network.cut();
    await speaks(ada, bob, chat);
  });

  test("whom a device had added and not welcomed yet, when a backup was restored, is welcomed by it", async () => {
    const { ada, bob } = await pair();
    await ada.client.close();
    const copy = backUp(ada);
    const bobs = contactLogOf(bob);
    // The commit gets into the log, and the Welcome does not get to Bob.
    const { tampering } = ada.network;
    const isCommitted = new Promise<void>((resolve) => {
      tampering.toServer = (frame) => {
        const request = decodeRequest(frame);
        const isWelcome = request.name === "append" && toHex(request.body.logId) === bobs;
        if (isWelcome) resolve();
        return isWelcome ? undefined : frame;
      };
    });
    ada.client = await openClient(ada);
    await eventually(ada.client, async () => (await ada.client.connection()).state === "online");
    const founding = ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    await isCommitted;
    await ada.client.close();
    await assert.rejects(founding, { code: "ERR_CLOSED" });
    delete tampering.toServer;
    restore(ada, copy);
    ada.client = await openClient(ada);
    const { chat } = await eventually(bob.client, async () =>
      (await bob.client.chats()).find(({ title }) => title === "G"),
    );
    await hasChat(ada, chat);
    await speaks(bob, ada, chat);
    await speaks(ada, bob, chat);
  });

  test("a founder's own note of a group is written before anybody is welcomed to it", async () => {
    const { ada, bob } = await pair();
    const [own, bobs] = [ada, bob].map(contactLogOf);
    const order: string[] = [];
    ada.network.tampering.toServer = (frame) => {
      const request = decodeRequest(frame);
      if (request.name === "append") order.push(toHex(request.body.logId));
      return frame;
    };
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    await hasChat(bob, chat);
    assert.deepEqual(
      order.filter((log) => log === own || log === bobs),
      [own, bobs],
    );
  });

  for (const when of ["before", "after"] as const) {
    test(`a group is found again that one was removed from ${when} the backup, and added to after it`, async () => {
      const { ada, bob } = await pair();
      const account = await idOf(bob);
      const { chat } = await ada.client.createGroup({ name: "G", contacts: [account] });
      await hasChat(bob, chat);
      const remove = async () => {
        await ada.client.removeMember({ chat, account });
        await eventually(bob.client, async () => !(await bob.client.chat(chat)).isActive);
      };
      if (when === "before") await remove();
      await bob.client.close();
      const copy = backUp(bob);
      bob.client = await openClient(bob);
      if (when === "after") await remove();
      await manyGroups(ada, bob);
      await ada.client.addMembers({ chat, contacts: [account] });
      await eventually(bob.client, async () => (await bob.client.chat(chat)).isActive);
      await bob.client.close();
      restore(bob, copy);
      bob.client = await openClient(bob);
      const entries = async () => (await noticesOf(bob, chat)).filter((kind) => kind === "joined").length;
      await eventually(bob.client, async () => (await entries()) === 2);
      await speaks(bob, ada, chat);
    });
  }

  test("whoever was removed before a device came is told by that device too that he is out", async () => {
    const { ada, bob } = await pair();
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    await hasChat(bob, chat);
    await ada.client.setRole({ chat, account: await idOf(bob), role: "admin" });
    await eventually(bob.client, async () => (await bob.client.chat(chat)).ownRole === "admin");
    await bob.client.close();
    const copy = backUp(bob);
    bob.client = await openClient(bob);
    await eventually(bob.client, async () => (await bob.client.connection()).state === "online");
    await bob.client.renameGroup({ chat, name: "H" });
    await eventually(ada.client, async () => (await ada.client.chat(chat)).title === "H");
    await ada.client.removeMember({ chat, account: await idOf(bob) });
    await bob.client.close();
    const phone = await world.linked(ada);
    await hasChat(phone, chat);
    await eventually(phone.client, async () => (await phone.client.contacts()).length === 1);
    ada.network.down();
    restore(bob, copy);
    const bobs = contactLogOf(bob);
    const isTold = new Promise<void>((resolve) => {
      phone.network.tampering.toServer = (frame) => {
        const request = decodeRequest(frame);
        if (request.name === "append" && toHex(request.body.logId) === bobs) resolve();
        return frame;
      };
    });
    bob.client = await openClient(bob);
    await isTold;
  });

  test("whoever knew nobody but one who has left is told by him who is there", async () => {
    world = new World();
    const [ada, bob, carol] = (await world.people("Ada", "Bob", "Carol")) as [Person, Person, Person];
    const bobsLink = await bob.client.contactLink();
    await carol.client.addContact(bobsLink);
    await chatBetween(bob, carol);
    await eventually(ada.client, async () => (await ada.client.contacts()).length === 2);
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    await hasChat(bob, chat);
    await ada.client.setRole({ chat, account: await idOf(bob), role: "admin" });
    await eventually(bob.client, async () =>
      (await bob.client.chat(chat)).members.some(({ isSelf, role }) => isSelf && role === "admin"),
    );
    await ada.client.close();
    const copy = backUp(ada);
    ada.client = await openClient(ada);
    await bob.client.addMembers({ chat, contacts: [await idOf(carol)] });
    await speaks(carol, ada, chat);
    await bob.client.leaveGroup(chat);
    await eventually(carol.client, async () => (await carol.client.chat(chat)).members.length === 2);
    await ada.client.send({ chat, text: "moves the ratchet" });
    await eventually(carol.client, async () => (await texts(carol.client, chat)).includes("moves the ratchet"));
    await ada.client.close();
    restore(ada, copy);
    forget(ada, chat);
    ada.client = await openClient(ada);
    await ada.client.send({ chat, text: "who is there?" });
    await eventually(carol.client, async () => (await texts(carol.client, chat)).includes("who is there?"));
    assert.ok((await noticesOf(ada, chat)).includes("rejoined"));
  });

  test("what nobody has told of is asked for again, also after a restart", async () => {
    const { ada, bob, chat } = await pair();
    await ada.client.close();
    const store = openSqliteStore(ada.store);
    store.transaction(() => {
      store.run("DELETE FROM contents WHERE log = ?", chat);
      store.run("DELETE FROM messages WHERE log = ? AND kind <> 'notice'", chat);
      // As a question leaves it whose only hearer forgot it at once.
      const sql =
        "INSERT INTO gaps (request, log, from_seq, to_seq, tries, asked_at, is_open) VALUES (?, ?, 1, 9, 1, 1, 1)";
      store.run(sql, "ab".repeat(16), chat);
    });
    store.close();
    ada.client = await openClient(ada);
    await sees(ada, chat, ["before"]);
    assert.equal(bob.defects.length, 0);
  });

  test("whoever is on his way out still lets others back in, who let him go", async () => {
    const { ada, bob } = await pair();
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    await hasChat(bob, chat);
    await bob.client.close();
    forget(bob, chat);
    await ada.client.leaveGroup(chat);
    bob.client = await openClient(bob);
    await eventually(bob.client, async () => (await bob.client.chat(chat)).members.length === 1);
    assert.ok((await noticesOf(bob, chat)).includes("rejoined"));
  });
});
