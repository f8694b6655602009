import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { chatBetween, eventually, type Person, reopen, sees, texts, World } from "./world.ts";

suite("links, invitations and contacts", () => {
  let world: World;
  afterEach(() => world.end());

  /** People who do not know each other. */
  async function strangers(): Promise<[Person, Person]> {
    world = new World();
    const admin = await world.person("Admin");
    const { invite } = await admin.client.createInvite({ uses: 2, expiresInMs: 3_600_000 });
    return [await world.person("Ada", invite), await world.person("Bob", invite)];
  }

  test("a contact link makes a contact of each to the other; again, it gives the same chat", async () => {
    const [ada, bob] = await strangers();
    const link = await ada.client.contactLink();
    const view = await bob.client.inspectLink(link);
    assert.equal(view.kind, "contact");
    assert.equal(view.account, (await ada.client.account())?.account);
    const { chat, contact } = await bob.client.addContact(link);
    assert.equal(contact, view.account);
    assert.deepEqual(await bob.client.addContact(link), { chat, contact });
    assert.equal(await chatBetween(ada, bob), chat);
    await eventually(ada.client, async () => (await ada.client.contacts()).some((c) => c.name === "Bob"));
    await eventually(bob.client, async () => (await bob.client.contacts()).some((c) => c.name === "Ada"));
  });

  test("who is met by a link has a name before he has been heard of, and his own word for it counts more", async () => {
    world = new World();
    const ada = await world.person("Ada");
    const { invite } = await ada.client.createInvite({ uses: 1, expiresInMs: 3_600_000 });
    const contactLink = await ada.client.contactLink();
    await ada.client.rename("Ada L.");
    ada.network.down();
    const bob = await world.stranger();
    for (const link of [invite, contactLink]) assert.equal((await bob.client.inspectLink(link)).name, "Ada");
    await bob.client.createAccount({ invite, name: "Bob" });
    assert.deepEqual(
      (await bob.client.contacts()).map((contact) => contact.name),
      ["Ada"],
    );
    assert.deepEqual(
      (await bob.client.chats()).map((chat) => chat.title),
      ["Ada"],
    );
    ada.network.isUp = true;
    await ada.client.reconnect();
    await eventually(bob.client, async () => (await bob.client.contacts())[0]?.name === "Ada L.");
    await bob.client.addContact(contactLink);
    assert.equal((await bob.client.contacts())[0]?.name, "Ada L.");
  });

  test("two who add each other at the same time end in one chat, with everything in it, in one order", async () => {
    const [ada, bob] = await strangers();
    const [toAda, toBob] = [await ada.client.contactLink(), await bob.client.contactLink()];
    const [a, b] = await Promise.all([ada.client.addContact(toBob), bob.client.addContact(toAda)]);
    await Promise.all([
      ada.client.send({ chat: a.chat, text: "from Ada" }),
      bob.client.send({ chat: b.chat, text: "from Bob" }),
    ]);
    const chat = [a.chat, b.chat].sort()[0] ?? "";
    for (const person of [ada, bob]) {
      await eventually(
        person.client,
        async () => (await person.client.chats()).filter((c) => c.title !== "Admin").length === 1,
      );
      await eventually(person.client, async () => {
        const isThere = (await person.client.chats()).some((view) => view.chat === chat);
        return isThere && (await texts(person.client, chat)).length === 2;
      });
    }
    assert.deepEqual(await texts(ada.client, chat), await texts(bob.client, chat));
    await ada.client.send({ chat: a.chat, text: "later, by the old id" });
    await eventually(bob.client, async () => (await texts(bob.client, chat)).at(-1) === "later, by the old id");
  });

  test("an own link, a damaged one and one of another server each say so", async () => {
    const [ada, bob] = await strangers();
    const link = await ada.client.contactLink();
    await assert.rejects(ada.client.addContact(link), { code: "ERR_OWN_LINK" });
    await assert.rejects(bob.client.addContact(link.slice(0, -3)), { code: "ERR_LINK" });
    await assert.rejects(bob.client.addContact(link.replace("rempart.test", "other.test")), {
      code: "ERR_OTHER_SERVER",
    });
  });

  test("spent, withdrawn and expired invitations are refused with their own code, and another may be tried", async () => {
    world = new World();
    const admin = await world.person("Admin");
    const one = await admin.client.createInvite({ uses: 1, expiresInMs: 3_600_000 });
    const withdrawn = await admin.client.createInvite({ uses: 5, expiresInMs: 3_600_000 });
    const expired = await admin.client.createInvite({ uses: 5, expiresInMs: 400 });
    await admin.client.revokeInvite(withdrawn.id);
    await world.person("First", one.invite);
    const late = await world.stranger();
    await eventually(admin.client, async () => {
      const { error } = await admin.client.inspectLink(expired.invite);
      return error === "ERR_INVITE_EXPIRED";
    });
    await assert.rejects(late.client.createAccount({ invite: one.invite, name: "Late" }), { code: "ERR_INVITE_SPENT" });
    await assert.rejects(late.client.createAccount({ invite: withdrawn.invite, name: "Late" }), {
      code: /^ERR_INVITE_/,
    });
    await assert.rejects(late.client.createAccount({ invite: expired.invite, name: "Late" }), {
      code: "ERR_INVITE_EXPIRED",
    });
    assert.equal(await late.client.account(), null);
    const good = await admin.client.createInvite({ uses: 1, expiresInMs: 3_600_000 });
    assert.equal((await admin.client.inspectLink(good.invite)).usesLeft, 1);
    await late.client.createAccount({ invite: good.invite, name: "Late" });
    assert.equal((await admin.client.inspectLink(good.invite)).error, "ERR_INVITE_SPENT");
    await assert.rejects(late.client.createAccount({ invite: good.invite, name: "X" }), { code: "ERR_ACCOUNT_EXISTS" });
    assert.deepEqual((await admin.client.invites()).map((i) => i.revoked).sort(), [false, false, false, true]);
  });

  test("an account that could not be made for want of a connection is made when there is one", async () => {
    world = new World();
    const ada = await world.stranger();
    ada.network.down();
    const attempt = ada.client.createAccount({ invite: await world.firstInvite(), name: "Ada" });
    await eventually(ada.client, async () => (await ada.client.connection()).state === "offline");
    ada.network.isUp = true;
    await attempt;
    assert.equal((await ada.client.account())?.name, "Ada");
  });

  test("the recovery phrase is twelve words, and is checked", async () => {
    world = new World();
    const ada = await world.stranger();
    const { recovery } = await ada.client.createAccount({ invite: await world.firstInvite(), name: "Ada" });
    const words = recovery.split(" ");
    assert.equal(words.length, 12);
    assert.equal(await ada.client.recoveryPhrase(), recovery);
    const wrong = [{ position: 0, word: "wrong" }];
    await assert.rejects(ada.client.confirmRecovery(wrong), { code: "ERR_PHRASE" });
    assert.equal((await ada.client.account())?.recoveryConfirmed, false);
    await ada.client.confirmRecovery([{ position: 3, word: words[3] ?? "" }]);
    assert.equal((await ada.client.account())?.recoveryConfirmed, true);
  });

  test("key packages are topped up as they are used: twenty people may come while one is away and back", async () => {
    world = new World();
    const admin = await world.person("Admin");
    const { invite } = await admin.client.createInvite({ uses: 20, expiresInMs: 3_600_000 });
    admin.network.down();
    const people: Person[] = [];
    for (let i = 0; i < 12; i++) people.push(await world.person(`P${i}`, invite));
    admin.network.isUp = true;
    await admin.client.reconnect();
    await eventually(admin.client, async () => (await admin.client.contacts()).length === 12);
    await reopen(admin);
    await admin.client.whenSynced();
    const last = people.at(-1);
    assert.ok(last);
    const chat = await chatBetween(admin, last);
    await admin.client.send({ chat, text: "welcome" });
    await sees(last, chat, ["welcome"]);
  });
});
