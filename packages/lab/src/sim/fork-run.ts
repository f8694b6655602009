/**
 * A server that shows two histories: one device is never shown one entry of a chat, for good. No client can
 * prevent that; what is promised is that it comes to light as soon as people write to each other again.
 */
import type { ClientApi } from "@rempart/client";
import { ask } from "./ask.ts";
import { Mallory } from "./mallory.ts";
import { Operations } from "./operations.ts";
import { plaintextMark } from "./secrets.ts";
import { openTheatre, perform, type Theatre } from "./theatre.ts";
import type { Violation } from "./violation.ts";
import { World } from "./world.ts";

export interface ForkResult {
  /** Codes of the warnings that the chat shows, device by device. */
  readonly warnings: readonly (readonly string[])[];
  readonly violations: readonly Violation[];
}

const settleMs = 60_000;

/** Two people chat; one of them is shown a history that lacks a message. Never rejects. */
export async function runFork(seed: number): Promise<ForkResult> {
  const theatre = openTheatre({ seed });
  const world = new World({
    stage: theatre.stage,
    server: theatre.server,
    mallory: new Mallory(theatre.stage, theatre.observer),
    operations: new Operations(theatre.stage),
    peopleMax: 2,
  });
  let warnings: readonly (readonly string[])[] = [];
  await perform(theatre.stage, async () => {
    try {
      warnings = await play(theatre, world);
    } finally {
      await world.close();
    }
  });
  // What stands where differs between the two histories: that is the fork itself.
  return { warnings, violations: theatre.stage.violations.all.filter(({ invariant }) => invariant !== "I3") };
}

async function play({ stage, server, observer }: Theatre, world: World): Promise<readonly (readonly string[])[]> {
  server.start();
  const one = await settleIn(world, await world.firstInvite());
  const invite = await ask(stage, "an invitation", one.createInvite({ uses: 1, expiresInMs: 3_600_000 }));
  const other = await settleIn(world, invite?.invite ?? "");
  const link = await ask(stage, "a contact link", one.contactLink());
  const added = await ask(stage, "a contact", other.addContact(link ?? ""));
  const chat = added?.chat ?? "";
  const say = async (client: ClientApi) => {
    const text = `${plaintextMark} message ${stage.facts.nextText()}`;
    await ask(stage, "a message", client.send({ chat, text }));
    await stage.schedule.advance(settleMs);
  };
  await say(one);
  await say(other);
  const deceived = world.people[1]?.devices[0]?.name ?? "";
  server.forkFor(deceived, { log: chat, hiddenSeq: observer.headOf(chat) + 1 });
  stage.network.cut((open) => open.device === deceived);
  await stage.schedule.advance(settleMs);
  for (let i = 0; i < 3; i++) {
    await say(one);
    await say(other);
  }
  const views = [await ask(stage, "the chat", one.chat(chat)), await ask(stage, "the chat", other.chat(chat))];
  return views.map((view) => view?.warnings.map(({ code }) => code) ?? []);
}

async function settleIn(world: World, invite: string): Promise<ClientApi> {
  const person = world.welcome(invite);
  await world.stage.schedule.runUntil(() => person.account !== undefined, settleMs);
  await world.stage.schedule.advance(settleMs);
  const client = person.running()?.client;
  if (client === undefined) throw new Error("a person did not get an account");
  return client;
}
