import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { asId, authOf, decodeReceived, type Entry, encodePush, toHex } from "@rempart/protocol";
import { parseLink } from "@rempart/session";
import { openSqliteStore } from "../src/platform/node/index.ts";
import { logIdOf } from "../src/store/logs.ts";
import { connectTo } from "./raw-connection.ts";
import { chatBetween, crypto, eventually, type Person, sees, texts, World } from "./world.ts";

suite("a server that does not keep its promises", () => {
  let world: World;
  afterEach(() => world.end());

  function pair() {
    world = new World();
    return world.pair("0");
  }

  /** Changes the entries of a chat on their way to one client. */
  function tamper(person: Person, chat: string, change: (entries: readonly Entry[]) => readonly Entry[]): void {
    person.network.tampering.toClient = (frame) => {
      const received = decodeReceived(frame);
      if (received.kind !== "push" || received.push.name !== "entries") return frame;
      const { logId, entries } = received.push.body;
      if (toHex(logId) !== chat) return frame;
      return encodePush("entries", { logId, entries: change(entries) });
    };
  }

  test("an entry that the server replaced for one reader is noticed by what the others say they saw", async () => {
    const { ada, bob, chat } = await pair();
    // Bob is shown junk in the place of Ada's next message; then Ada, who has seen her own, writes again.
    let isFirst = true;
    tamper(bob, chat, (entries) =>
      entries.map((entry) => {
        if (!isFirst) return entry;
        isFirst = false;
        return { ...entry, bytes: new Uint8Array(entry.bytes.length) };
      }),
    );
    const { message } = await ada.client.send({ chat, text: "hidden from Bob" });
    await ada.client.whenSent(message);
    await ada.client.send({ chat, text: "seen by Bob" });
    await eventually(bob.client, async () => (await texts(bob.client, chat)).includes("seen by Bob"));
    const { warnings } = await bob.client.chat(chat);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ["ERR_SERVER_FORK"],
    );
    assert.deepEqual((await ada.client.chat(chat)).warnings, []);
  });

  test("entries that come twice, or with one left out, are fetched again and shown once", async () => {
    const { ada, bob, chat } = await pair();
    let count = 0;
    tamper(bob, chat, (entries) => {
      count++;
      const [first] = entries;
      if (first === undefined) return entries;
      if (count === 1) return [first, ...entries];
      if (count === 2) return entries.map((entry) => ({ ...entry, seq: entry.seq + 1 }));
      return entries;
    });
    for (const text of ["1", "2", "3", "4"]) {
      const { message } = await ada.client.send({ chat, text });
      await ada.client.whenSent(message);
    }
    await sees(bob, chat, ["0", "1", "2", "3", "4"]);
  });

  test("entries that have expired leave a gap that says so, and members fill it", async () => {
    const { ada, bob, chat } = await pair();
    bob.network.down();
    for (const text of ["1", "2", "3"]) {
      const { message } = await ada.client.send({ chat, text });
      await ada.client.whenSent(message);
    }
    tamper(bob, chat, (entries) => entries.filter((entry) => entry.seq > (entries[0]?.seq ?? 0) + 1));
    let isFirst = true;
    const { toClient } = bob.network.tampering;
    bob.network.tampering.toClient = (frame) => {
      const changed = isFirst ? toClient?.(frame) : frame;
      if (changed !== frame) isFirst = false;
      return changed;
    };
    bob.network.isUp = true;
    await bob.client.reconnect();
    await sees(bob, chat, ["0", "1", "2", "3"]);
    const kinds = (await bob.client.messages({ chat, limit: 20 })).flatMap((view) => view.notice?.kind ?? []);
    assert.deepEqual(kinds, ["gap"]);
  });

  test("a commit of which nobody has told is asked for, once the server says that the group has gone on", async () => {
    const { ada, bob, chat } = await pair();
    const { tampering } = bob.network;
    tampering.toClient = (frame) => {
      const received = decodeReceived(frame);
      if (received.kind === "error" && received.error.code === "ERR_EPOCH") delete tampering.toClient;
      return received.kind === "push" ? undefined : frame;
    };
    const phone = await world.stranger();
    await phone.client.createLinkedDevice(await ada.client.exportDeviceLink());
    await eventually(phone.client, async () => (await phone.client.chats()).some((view) => view.chat === chat));
    await bob.client.send({ chat, text: "1" });
    await sees(phone, chat, ["0", "1"]);
    await sees(bob, chat, ["0", "1"]);
  });

  test("a Welcome that the server withheld, over and over, is followed once it shows it", async () => {
    const { ada, bob, chat } = await pair();
    const { contact } = await parseLink(crypto, await bob.client.contactLink());
    assert.ok(contact);
    let withheld = 0;
    tamper(bob, toHex(contact.contactLog.logId), () => {
      withheld++;
      return [];
    });
    const { chat: group } = await ada.client.createGroup({ name: "G", contacts: [toHex(contact.accountId)] });
    await eventually(bob.client, async () => withheld === 1);
    bob.network.cut();
    // Told twice of an entry that it is not sent, a device takes it for gone.
    await eventually(bob.client, async () => withheld === 3);
    await ada.client.send({ chat, text: "1" });
    await sees(bob, chat, ["0", "1"]);
    delete bob.network.tampering.toClient;
    bob.network.cut();
    await eventually(bob.client, async () => (await bob.client.chats()).some((view) => view.chat === group));
    await ada.client.send({ chat: group, text: "hello" });
    await sees(bob, group, ["hello"]);
  });

  test("a server that says it has sent what it has not is read again, and then told from one that has lost it", async () => {
    const { ada, bob, chat } = await pair();
    bob.network.down();
    const { message } = await ada.client.send({ chat, text: "1" });
    await ada.client.whenSent(message);
    let withheld = 0;
    tamper(bob, chat, (entries) => (withheld++ === 0 ? [] : entries));
    bob.network.isUp = true;
    await bob.client.reconnect();
    await sees(bob, chat, ["0", "1"]);
    assert.equal(withheld, 2);
    const notices = (await bob.client.messages({ chat, limit: 9 })).flatMap((view) => view.notice ?? []);
    assert.deepEqual(notices, []);
    // Now it has lost an entry for good; Ada still has it.
    bob.network.down();
    const second = await ada.client.send({ chat, text: "2" });
    await ada.client.whenSent(second.message);
    const gone = second.message;
    let kept = 0;
    tamper(bob, chat, (entries) => (kept++ < 2 ? [] : entries));
    bob.network.isUp = true;
    await bob.client.reconnect();
    await eventually(bob.client, async () =>
      (await bob.client.messages({ chat, limit: 9 })).some((view) => view.message === gone),
    );
    await ada.client.send({ chat, text: "3" });
    await sees(bob, chat, ["0", "1", "2", "3"]);
  });

  test("frames that are no frames end the link, and nothing else", async () => {
    const { ada, bob, chat } = await pair();
    let count = 0;
    bob.network.tampering.toClient = (frame) => (count++ % 5 === 4 && count < 40 ? frame.slice(0, 3) : frame);
    for (let i = 1; i <= 5; i++) await ada.client.send({ chat, text: `${i}` });
    await sees(bob, chat, ["0", "1", "2", "3", "4", "5"]);
    assert.deepEqual(bob.defects, []);
  });
});

suite("a member who does not keep the rules", () => {
  let world: World;
  afterEach(() => world.end());

  async function group(): Promise<{ ada: Person; bob: Person; cyd: Person; chat: string }> {
    world = new World();
    const [ada, bob, cyd] = (await world.people("Ada", "Bob", "Cyd")) as [Person, Person, Person];
    const contacts: string[] = [];
    for (const person of [bob, cyd]) {
      await chatBetween(ada, person);
      contacts.push((await person.client.account())?.account ?? "");
    }
    const { chat } = await ada.client.createGroup({ name: "G", contacts });
    for (const person of [bob, cyd]) {
      await eventually(person.client, async () => (await person.client.chats()).some((c) => c.chat === chat));
    }
    return { ada, bob, cyd, chat };
  }

  /** What a member's device holds of the log, read from its database. */
  function keysOf(person: Person, chat: string): { writeKey: Uint8Array; epoch: number } {
    const store = openSqliteStore(person.store);
    const [row] = store.all("SELECT write_key, epoch FROM logs WHERE log = ?", chat);
    store.close();
    return { writeKey: row?.write_key as Uint8Array, epoch: row?.epoch as number };
  }

  test("junk in the log is passed over by everyone", async () => {
    const { ada, bob, cyd, chat } = await group();
    const raw = await connectTo(world.service);
    const { writeKey } = keysOf(cyd, chat);
    for (const size of [0, 1, 1_024, 1_025, 49_152]) {
      const bytes = new Uint8Array(size).fill(size % 251);
      const entryId = asId("EntryId", crypto.entropy.randomBytes(16));
      const request = { logId: logIdOf(chat), writeKey: asId("Capability", writeKey), entryId, bytes };
      await raw.request("append", { ...request, ifEpoch: undefined, next: undefined });
    }
    await ada.client.send({ chat, text: "after the junk" });
    for (const person of [ada, bob, cyd]) await sees(person, chat, ["after the junk"]);
    for (const person of [ada, bob, cyd]) assert.deepEqual(person.defects, []);
  });

  test("junk in a contact log is passed over", async () => {
    const { ada, bob } = await group();
    const raw = await connectTo(world.service);
    const link = await parseLink(crypto, await ada.client.contactLink());
    assert.ok(link.contact);
    for (const size of [1, 1_024, 16_384]) {
      const { logId, writeKey } = link.contact.contactLog;
      const entryId = asId("EntryId", crypto.entropy.randomBytes(16));
      await raw.request("append", {
        logId,
        writeKey,
        entryId,
        bytes: new Uint8Array(size),
        ifEpoch: undefined,
        next: undefined,
      });
    }
    const bytes = await ada.client.contactLink();
    assert.equal((await bob.client.addContact(bytes)).chat, await chatBetween(bob, ada));
    const eve = await world.person("Eve", (await ada.client.createInvite({ uses: 1, expiresInMs: 60_000 })).invite);
    await eventually(ada.client, async () => (await ada.client.contacts()).some((c) => c.name === "Eve"));
    assert.deepEqual([...ada.defects, ...eve.defects], []);
  });

  test("an epoch that was ended with junk stops the group, says so, and leaves the history", async () => {
    const { ada, bob, cyd, chat } = await group();
    await ada.client.send({ chat, text: "kept" });
    await sees(bob, chat, ["kept"]);
    const raw = await connectTo(world.service);
    const { writeKey, epoch } = keysOf(cyd, chat);
    const auth = authOf(new Uint8Array(32));
    await raw.request("append", {
      logId: logIdOf(chat),
      writeKey: asId("Capability", writeKey),
      entryId: asId("EntryId", crypto.entropy.randomBytes(16)),
      ifEpoch: epoch,
      next: { readAuth: auth, writeAuth: auth },
      bytes: new Uint8Array(1_024),
    });
    const { message } = await ada.client.send({ chat, text: "waits" });
    const direct = await chatBetween(ada, bob);
    await ada.client.send({ chat: direct, text: "elsewhere" });
    await sees(bob, direct, ["elsewhere"]);
    const waiting = (await ada.client.messages({ chat, limit: 10 })).find((view) => view.message === message);
    assert.equal(waiting?.state, "queued");
    assert.deepEqual(await texts(ada.client, chat), ["kept", "waits"]);
  });
});
