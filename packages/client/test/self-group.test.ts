import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { decodeRequest, toHex } from "@rempart/protocol";
import { backUp, contactLogOf, loseKeyPackages, loseSelfGroup, readUpTo, restore, selfGroupOf } from "./disk.ts";
import { eventually, hasChat, idOf, openClient, type Person, sees, speaks, World } from "./world.ts";

/** The only device of a person ends, and another asks to be let in: `linking` resolves once it is. */
async function asking(world: World, person: Person): Promise<{ phone: Person; linking: Promise<void> }> {
  const link = await person.client.exportDeviceLink();
  await person.client.close();
  const phone = await world.stranger();
  const hasAsked = new Promise<void>((resolve) => {
    phone.network.tampering.toServer = (frame) => {
      const request = decodeRequest(frame);
      if (request.name === "append") resolve();
      return frame;
    };
  });
  const linking = phone.client.createLinkedDevice(link);
  // Whoever waits for it hears of a failure later.
  linking.catch(() => undefined);
  await hasAsked;
  await eventually(phone.client, async () => (await phone.client.connection()).state === "online");
  return { phone, linking };
}

suite("the group of an account's devices", () => {
  let world: World;
  afterEach(() => world.end());

  function pair() {
    world = new World();
    return world.pair("before");
  }

  test("a device that has lost the group of its account's devices founds it anew, and lets another in", async () => {
    const { ada, chat } = await pair();
    await ada.client.close();
    loseSelfGroup(ada);
    ada.client = await openClient(ada);
    const second = await world.linked(ada);
    await sees(second, chat, ["before"]);
  });

  test("a device restored to the time before it came into its account's group finds all its groups again", async () => {
    const { ada, bob, chat: direct } = await pair();
    const { phone, linking } = await asking(world, ada);
    await phone.client.close();
    await assert.rejects(linking, { code: "ERR_CLOSED" });
    const copy = backUp(phone);
    phone.client = await openClient(phone);
    ada.client = await openClient(ada);
    await hasChat(phone, direct);
    const { chat } = await ada.client.createGroup({ name: "G", contacts: [await idOf(bob)] });
    for (const each of [direct, chat]) await speaks(phone, bob, each);
    await phone.client.close();
    restore(phone, copy);
    // The Welcomes that it finds are for keys that it has used up, as far as the server knows.
    loseKeyPackages(phone);
    phone.client = await openClient(phone);
    for (const each of [direct, chat]) await speaks(phone, bob, each);
    await ada.client.setPreferences({ language: "fr" });
    await eventually(phone.client, async () => (await phone.client.preferences()).language === "fr");
  });

  test("a new device does not take it for a place in the group that its sibling has lost its own", async () => {
    const { ada } = await pair();
    const { phone, linking } = await asking(world, ada);
    loseSelfGroup(ada);
    const own = contactLogOf(ada);
    const asked = readUpTo(phone, own);
    const hasAnswered = new Promise<void>((resolve) => {
      ada.network.tampering.toServer = (frame) => {
        const request = decodeRequest(frame);
        if (request.name === "append" && toHex(request.body.logId) === own) resolve();
        return frame;
      };
    });
    ada.client = await openClient(ada);
    await hasAnswered;
    // What Ada asks for herself, and her answer.
    await eventually(phone.client, async () => readUpTo(phone, own) >= asked + 2);
    await phone.client.close();
    await assert.rejects(linking, { code: "ERR_CLOSED" });
    assert.equal(selfGroupOf(phone), undefined);
  });
});
