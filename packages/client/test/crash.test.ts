import assert from "node:assert/strict";
import { afterEach, suite, test } from "node:test";
import { type Store, StoreError } from "../src/ports.ts";
import { steps } from "../src/store/schema.ts";
import { chatBetween, eventually, openClient, type Person, reopen, sees, texts, World } from "./world.ts";

/** A store whose transactions fail from the n-th on: before the commit, or after it as far as anyone can tell. */
function failing(store: Store, options: { after: number; isPersisted: boolean }): Store {
  let left = options.after;
  return {
    run: (sql, ...values) => store.run(sql, ...values),
    all: (sql, ...values) => store.all(sql, ...values),
    close: () => store.close(),
    transaction(work) {
      if (left-- > 0) return store.transaction(work);
      if (options.isPersisted && left === -1) store.transaction(work);
      throw new StoreError("ERR_LOCAL_FULL", "the disk is full");
    },
  };
}

suite("a store that fails at any step", () => {
  let world: World;
  afterEach(() => world.end());

  /** Lets `act` run against a store that fails after n transactions, for every n until it no longer fails. */
  async function atEveryStep(
    person: Person,
    act: () => Promise<unknown>,
    check: (round: number) => Promise<void>,
    options: { isPersisted: boolean; stepsMax: number },
  ): Promise<void> {
    for (let step = 0; step < options.stepsMax; step++) {
      person.network.cut();
      await person.client.close();
      person.client = await openClient(person, (store) =>
        failing(store, { after: step, isPersisted: options.isPersisted }),
      );
      let isWhole = true;
      try {
        await person.client.whenSynced();
        await act();
      } catch (error) {
        assert.ok(["ERR_LOCAL_FULL"].includes((error as { code: string }).code), `${error}`);
        isWhole = false;
      }
      await reopen(person);
      await check(step);
      if (isWhole && step > 12) return;
    }
  }

  for (const isPersisted of [false, true]) {
    const kept = isPersisted ? "kept" : "not kept";
    test(`sending: nothing is lost, doubled or reordered when the failed write was ${kept}`, async () => {
      world = new World();
      const [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
      const chat = await chatBetween(ada, bob);
      await chatBetween(bob, ada);
      let sent = 0;
      const queued: string[] = [];
      await atEveryStep(
        ada,
        async () => {
          for (let i = 0; i < 4; i++) {
            const view = await ada.client.send({ chat, text: `${sent++}` });
            await ada.client.whenSent(view.message);
          }
        },
        async () => {
          // What the local history shows is what was durable: all of it must arrive, and nothing else.
          queued.splice(0, queued.length, ...(await texts(ada.client, chat)));
          await sees(bob, chat, queued);
        },
        { isPersisted, stepsMax: 25 },
      );
      assert.ok(queued.length > 8);
    });
  }

  test("making an account: every start goes on where the last one ended", async () => {
    world = new World();
    const ada = await world.person("Ada");
    for (let step = 0; step < 60; step++) {
      const { invite } = await ada.client.createInvite({ uses: 1, expiresInMs: 3_600_000 });
      const bob = await world.stranger((store) =>
        failing(store, { after: steps.length + step, isPersisted: step % 2 === 0 }),
      );
      let isWhole = true;
      try {
        await bob.client.createAccount({ invite, name: `Bob ${step}` });
      } catch (error) {
        assert.equal((error as { code: string }).code, "ERR_LOCAL_FULL");
        isWhole = false;
      }
      await reopen(bob);
      // Before its first durable step there is nothing to go on with.
      if ((await bob.client.account()) === null) await bob.client.createAccount({ invite, name: `Bob ${step}` });
      await bob.client.whenSynced();
      const account = (await bob.client.account())?.account;
      await eventually(ada.client, async () => (await ada.client.contacts()).some((c) => c.contact === account));
      const chat = await chatBetween(ada, bob);
      await ada.client.send({ chat, text: "hello" });
      await sees(bob, chat, ["hello"]);
      await bob.client.close();
      if (isWhole) return;
    }
    assert.fail("an account takes more steps than this test tries");
  });

  test("changing a group: the change comes true once, whatever step the program ended at", async () => {
    world = new World();
    const [ada, bob, cyd] = (await world.people("Ada", "Bob", "Cyd")) as [Person, Person, Person];
    const accountOf = async (person: Person) => (await person.client.account())?.account ?? "";
    await chatBetween(ada, bob);
    await chatBetween(ada, cyd);
    const { chat } = await ada.client.createGroup({ name: "0", contacts: [await accountOf(bob)] });
    await eventually(bob.client, async () => (await bob.client.chats()).some((c) => c.chat === chat));
    let round = 0;
    await atEveryStep(
      ada,
      async () => {
        round++;
        await ada.client.renameGroup({ chat, name: `${round}` });
        await ada.client.addMembers({ chat, contacts: [await accountOf(cyd)] });
        await ada.client.removeMember({ chat, account: await accountOf(cyd) });
      },
      async () => {
        await ada.client.whenSynced();
        const view = await ada.client.send({ chat, text: `${round}` });
        await ada.client.whenSent(view.message);
        const { title, members } = await ada.client.chat(chat);
        await eventually(bob.client, async () => {
          const seen = await bob.client.chat(chat);
          return seen.title === title && seen.members.length === members.length;
        });
      },
      { isPersisted: true, stepsMax: 18 },
    );
  });

  test("a full disk ends the client with a code, and nothing that was sent is lost", async () => {
    world = new World();
    const [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    const chat = await chatBetween(ada, bob);
    await chatBetween(bob, ada);
    await bob.client.close();
    bob.client = await openClient(bob, (store) => failing(store, { after: 3, isPersisted: false }));
    for (let i = 0; i < 10; i++) await ada.client.send({ chat, text: `${i}` });
    await eventually(ada.client, async () => (await texts(ada.client, chat)).length === 10);
    await assert.rejects(
      eventually(bob.client, async () => (await bob.client.chats()).length > 9),
      { code: "ERR_LOCAL_FULL" },
    );
    await reopen(bob);
    await sees(
      bob,
      chat,
      Array.from({ length: 10 }, (_, i) => `${i}`),
    );
  });

  test("a store that fails behind everybody's back ends the client with a code too", async () => {
    world = new World();
    const ada = await world.person("Ada");
    await ada.client.close();
    let isBroken = false;
    ada.client = await openClient(ada, (store) => ({
      run: (sql, ...values) => store.run(sql, ...values),
      close: () => store.close(),
      transaction: (work) => store.transaction(work),
      all(sql, ...values) {
        // What is looked for in the background once somebody new is a contact.
        if (isBroken && sql.startsWith("SELECT * FROM rejoins ORDER"))
          throw new StoreError("ERR_LOCAL_STORAGE", "a damaged page");
        return store.all(sql, ...values);
      },
    }));
    const { invite } = await ada.client.createInvite({ uses: 1, expiresInMs: 3_600_000 });
    isBroken = true;
    await world.person("Bob", invite);
    await assert.rejects(
      eventually(ada.client, async () => (await ada.client.chats()).length > 1),
      { code: "ERR_LOCAL_STORAGE" },
    );
  });
});
