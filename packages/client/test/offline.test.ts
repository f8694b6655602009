import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { eventually, reopen, sees, speech, texts, World } from "./world.ts";

suite("offline, cut off, closed and opened again", () => {
  let world: World;
  afterEach(() => world.end());

  function pair() {
    world = new World();
    return world.pair();
  }

  test("what is written offline is sent, in order and once, when the connection is back", async () => {
    const { ada, bob, chat } = await pair();
    ada.network.down();
    for (const text of ["a", "b", "c"]) await ada.client.send({ chat, text });
    assert.deepEqual(
      (await speech(ada.client, chat)).map((m) => m.state),
      ["queued", "queued", "queued"],
    );
    await bob.client.send({ chat, text: "meanwhile" });
    ada.network.isUp = true;
    await ada.client.reconnect();
    await sees(bob, chat, ["meanwhile", "a", "b", "c"]);
    await sees(ada, chat, ["meanwhile", "a", "b", "c"]);
    assert.ok((await speech(ada.client, chat)).every((m) => m.seq > 0));
  });

  test("before the server knows an account nothing is done in its name; it is made once there is a connection", async () => {
    world = new World();
    const ada = await world.stranger();
    ada.network.down();
    const making = ada.client.createAccount({ invite: await world.firstInvite(), name: "Ada" });
    await eventually(ada.client, async () => (await ada.client.connection()).state !== "offline");
    await assert.rejects(ada.client.createGroup({ name: "G", contacts: [] }), { code: "ERR_NO_ACCOUNT" });
    await assert.rejects(ada.client.exportDeviceLink(), { code: "ERR_NO_ACCOUNT" });
    ada.network.isUp = true;
    await ada.client.reconnect();
    const { account } = await making;
    assert.equal((await ada.client.account())?.account, account);
    await ada.client.createGroup({ name: "G", contacts: [] });
  });

  test("what is written offline survives the end of the program", async () => {
    const { ada, bob, chat } = await pair();
    ada.network.down();
    await ada.client.send({ chat, text: "kept" });
    await reopen(ada);
    assert.deepEqual(await texts(ada.client, chat), ["kept"]);
    ada.network.isUp = true;
    await ada.client.reconnect();
    await sees(bob, chat, ["kept"]);
  });

  test("a link that is cut at any frame loses, doubles and reorders nothing", async () => {
    const { ada, bob, chat } = await pair();
    const expected: string[] = [];
    for (let round = 0; round < 12; round++) {
      let frames = 0;
      ada.network.tampering.toServer = (frame) => {
        if (frames++ === round % 4) queueMicrotask(() => ada.network.cut());
        return frame;
      };
      ada.network.tampering.toClient = (frame) => (round % 3 === 0 && frames > 2 ? undefined : frame);
      const text = `message ${round}`;
      expected.push(text);
      await ada.client.send({ chat, text });
      ada.network.tampering.toServer = (frame) => frame;
      ada.network.tampering.toClient = (frame) => frame;
      ada.network.cut();
      await ada.client.reconnect();
    }
    await sees(bob, chat, expected);
    await sees(ada, chat, expected);
  });

  test("a change of members while a message is on its way: it is sealed anew, and appears once", async () => {
    const { ada, bob, chat: direct } = await pair();
    const account = (await bob.client.account())?.account ?? "";
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [account] });
    await eventually(bob.client, async () => (await bob.client.chats()).some((c) => c.chat === chat));
    bob.network.down();
    await bob.client.send({ chat, text: "from the old epoch" });
    await ada.client.renameGroup({ chat, name: "H" });
    bob.network.isUp = true;
    await bob.client.reconnect();
    await sees(ada, chat, ["from the old epoch"]);
    await sees(bob, chat, ["from the old epoch"]);
    assert.notEqual(chat, direct);
  });

  test("history can be read without a connection", async () => {
    const { ada, bob, chat } = await pair();
    await ada.client.send({ chat, text: "once" });
    await sees(bob, chat, ["once"]);
    bob.network.down();
    await reopen(bob);
    assert.deepEqual(await texts(bob.client, chat), ["once"]);
    assert.equal((await bob.client.connection()).state === "online", false);
  });

  test("whenSynced resolves once everything that was missed is there", async () => {
    const { ada, bob, chat } = await pair();
    bob.network.down();
    for (let i = 0; i < 100; i++) await ada.client.send({ chat, text: `${i}` });
    const last = (await speech(ada.client, chat)).at(-1);
    await ada.client.whenSent(last?.message ?? "");
    bob.network.isUp = true;
    await bob.client.reconnect();
    await bob.client.whenSynced();
    assert.equal((await texts(bob.client, chat)).length, 100);
  });
});
