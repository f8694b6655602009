import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { asClientError } from "../src/errors.ts";
import { chatBetween, eventually, type Person, reopen, speech, World } from "./world.ts";

/** Mulberry32: enough for choosing what to do next. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** What two members have to agree on: the chat's title, then its messages. */
async function shown(person: Person, chat: string): Promise<string> {
  const { title } = await person.client.chat(chat);
  const messages = (await speech(person.client, chat)).filter((message) => message.state !== "failed");
  const lines = messages.map((m) => {
    const reactions = m.reactions
      .map((reaction) => `${reaction.emoji}${reaction.names.toSorted().join("+")}`)
      .toSorted();
    return `${m.seq} ${m.from.slice(0, 4)} ${m.isDeleted ? "deleted" : m.text} ${reactions.join(" ")}`;
  });
  return [title, ...lines].join("\n");
}

const expected = new Set([
  "ERR_CLOSED",
  "ERR_PERMISSION",
  "ERR_ARGUMENT",
  "ERR_OFFLINE",
  "ERR_TIMEOUT",
  "ERR_INACTIVE",
]);

suite("anything at any time", () => {
  const seeds = process.env.SEED === undefined ? [1, 2, Date.now() % 1_000_000] : [Number(process.env.SEED)];
  for (const seed of seeds) {
    test(`three people converge after 60 random steps with cuts, losses and restarts (SEED=${seed})`, async (t) => {
      const world = new World();
      t.after(() => world.end());
      const random = randomOf(seed);
      const [ada, bob, cyd] = (await world.people("Ada", "Bob", "Cyd")) as [Person, Person, Person];
      const people = [ada, bob, cyd];
      const contacts: string[] = [];
      for (const person of [bob, cyd]) {
        await chatBetween(ada, person);
        contacts.push((await person.client.account())?.account ?? "");
      }
      const { chat } = await ada.client.createGroup({ name: "0", contacts });
      for (const { client } of people) {
        await eventually(client, async () => (await client.chats()).some((view) => view.chat === chat));
      }
      for (const account of contacts) await ada.client.setRole({ chat, account, role: "admin" });
      const running: Promise<unknown>[] = [];
      const begin = (work: Promise<unknown>) => {
        running.push(
          work.catch((error: unknown) =>
            assert.ok(expected.has(asClientError(error).code), `${asClientError(error).code}`),
          ),
        );
      };
      for (let step = 0; step < 60; step++) {
        const person = people[random(3)] ?? ada;
        const { client, network } = person;
        const messages = await speech(client, chat);
        const any = messages[random(Math.max(1, messages.length))];
        const own = messages.filter((message) => message.isOwn && !message.isDeleted);
        const mine = own[random(Math.max(1, own.length))];
        const action = random(12);
        if (action < 5) begin(client.send({ chat, text: `${step}` }));
        else if (action === 5 && any !== undefined && !any.isDeleted)
          begin(client.react({ message: any.message, emoji: "👍" }));
        else if (action === 6 && mine !== undefined)
          begin(client.edit({ message: mine.message, text: `edited ${step}` }));
        else if (action === 7 && mine !== undefined) begin(client.delete(mine.message));
        else if (action === 8) begin(client.renameGroup({ chat, name: `${step}` }));
        else if (action === 9) network.cut();
        else if (action === 10) await reopen(person);
        else if (action === 11) {
          const lost = random(3);
          let frames = 0;
          const drop = (frame: Uint8Array) => {
            if (frames++ !== lost) return frame;
            queueMicrotask(() => network.cut());
            return undefined;
          };
          network.tampering[random(2) === 0 ? "toServer" : "toClient"] = drop;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const { network, client } of people) {
        network.tampering.toServer = (frame) => frame;
        network.tampering.toClient = (frame) => frame;
        network.cut();
        await client.reconnect();
      }
      await Promise.all(running);
      await eventually(ada.client, async () => {
        const views = await Promise.all(people.map((person) => shown(person, chat)));
        const isSettled = (await Promise.all(people.map(({ client }) => speech(client, chat))))
          .flat()
          .every((message) => message.state !== "queued");
        return isSettled && views.every((view) => view === views[0]);
      }).catch(async (error) => {
        for (const person of people)
          console.log(await shown(person, chat), await person.client.chat(chat), person.defects);
        throw error;
      });
      for (const person of people) {
        assert.deepEqual((await person.client.chat(chat)).warnings, []);
        assert.deepEqual(person.defects, []);
      }
    });
  }
});
