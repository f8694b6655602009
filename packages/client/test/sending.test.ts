import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { Link, LinkHandlers, Store } from "../src/ports.ts";
import { chatBetween, eventually, openClient, type Person, sees, speech, TestNetwork, World } from "./world.ts";

const entryBytesMin = 1_000;

/** Holds replies back, which are shorter than entries, until they are let through. */
class LateReplies extends TestNetwork {
  isLate = false;
  readonly #held: (() => void)[] = [];

  override connect(origin: string, handlers: LinkHandlers): Link {
    return super.connect(origin, {
      ...handlers,
      frame: (bytes) => {
        if (this.isLate && bytes.length < entryBytesMin) this.#held.push(() => handlers.frame(bytes));
        else handlers.frame(bytes);
      },
    });
  }

  /** Answers how many replies were held back. */
  letThrough(): number {
    this.isLate = false;
    const held = this.#held.splice(0);
    for (const pass of held) pass();
    return held.length;
  }
}

suite("the way out of a message", () => {
  const world = new World();
  let ada: Person;
  let bob: Person;
  let chat: string;
  /** What Ada's client does to the world, in order. */
  const done: ("transaction" | "frame")[] = [];

  const noting = (store: Store): Store => ({
    run: (sql, ...values) => store.run(sql, ...values),
    all: (sql, ...values) => store.all(sql, ...values),
    close: () => store.close(),
    transaction(work) {
      const result = store.transaction(work);
      done.push("transaction");
      return result;
    },
  });

  before(async () => {
    [ada, bob] = (await world.people("Ada", "Bob")) as [Person, Person];
    chat = await chatBetween(ada, bob);
    ada.network.cut();
    await ada.client.close();
    ada.client = await openClient(ada, noting);
    ada.network.tampering.toServer = (frame) => {
      done.push("frame");
      return frame;
    };
  });
  after(() => world.end());

  /** Says something, and waits until nothing is on its way any more. */
  async function settle(): Promise<void> {
    await ada.client.whenSynced();
    const { message } = await ada.client.send({ chat, text: "first" });
    await eventually(ada.client, async () => {
      const all = await speech(ada.client, chat);
      return all.find((each) => each.message === message)?.state === "delivered";
    });
  }

  test("a message that goes out at once is one transaction, and leaves after it", async () => {
    await settle();
    done.length = 0;
    const { message } = await ada.client.send({ chat, text: "second" });
    await ada.client.whenSent(message);
    assert.deepEqual(done.slice(0, 2), ["transaction", "frame"]);
    await sees(bob, chat, ["first", "second"]);
  });

  test("an acknowledgement that comes after the entry itself has nothing left to write", async () => {
    await settle();
    ada.network.cut();
    await ada.client.close();
    const network = new LateReplies(world.service);
    ada.client = await openClient({ ...ada, network }, noting);
    await settle();
    // Bob's receipts are not to be counted.
    bob.network.down();
    network.isLate = true;
    done.length = 0;
    const { message } = await ada.client.send({ chat, text: "third" });
    await ada.client.whenSent(message);
    assert.equal(network.letThrough(), 1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(done, ["transaction", "transaction"]);
    bob.network.isUp = true;
    await sees(bob, chat, ["first", "second", "first", "first", "third"]);
  });

  test("messages said at the same time stand in the order in which they were said", async () => {
    const said = ["1", "2", "3", "4", "5"];
    await Promise.all(said.map((text) => ada.client.send({ chat, text })));
    await sees(bob, chat, ["first", "second", "first", "first", "third", ...said]);
    await sees(ada, chat, ["first", "second", "first", "first", "third", ...said]);
  });
});
