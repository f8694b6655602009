/**
 * What people do, drawn from the seed. Each action looks at what its client shows and does one thing, as a
 * person would; that it fails is fine where the failure is coded and says something true.
 */
import type { ChatView, Client, ClientApi, MessageView } from "@rempart/client";
import type { Device } from "./device.ts";
import type { Person } from "./person.ts";
import type { Random } from "./random.ts";
import { plaintextMark } from "./secrets.ts";
import type { Stage } from "./stage.ts";
import type { World } from "./world.ts";

export interface Acting {
  readonly world: World;
  readonly stage: Stage;
  readonly person: Person;
  readonly device: Device;
  readonly client: Client;
  /** Of this action alone, so that concurrent actions do not draw from one stream. */
  readonly random: Random;
}

type Action = (acting: Acting) => Promise<void>;

const emojis = ["👍", "🏰", "🎉"];
const roles = ["admin", "member", "member", "owner"] as const;
const hourMs = 3_600_000;

export const actions = {
  async send({ stage, person, device, client, random }) {
    const chat = await pickChat(client, random);
    if (chat !== undefined) await say({ stage, person, device, client, chat: chat.chat });
  },

  /** Several messages at once, without waiting for any. */
  async burst({ stage, person, device, client, random }) {
    const chat = await pickChat(client, random);
    if (chat === undefined) return;
    const count = random.between(2, 6);
    await Promise.all(Array.from({ length: count }, () => say({ stage, person, device, client, chat: chat.chat })));
  },

  async reply({ stage, person, device, client, random }) {
    const message = await pickMessage(client, random);
    if (message !== undefined)
      await say({ stage, person, device, client, chat: message.chat, replyTo: message.message });
  },

  async edit({ stage, client, random }) {
    const message = await pickMessage(client, random, (view) => view.isOwn);
    if (message === undefined) return;
    await client.edit({ message: message.message, text: `${plaintextMark} edit ${stage.facts.nextText()}` });
  },

  async delete({ client, random }) {
    const message = await pickMessage(client, random, (view) => view.isOwn);
    if (message !== undefined) await client.delete(message.message);
  },

  async react({ client, random }) {
    const message = await pickMessage(client, random);
    if (message === undefined) return;
    const emoji = random.pick(emojis) ?? "👍";
    const own = message.reactions.find((reaction) => reaction.own && reaction.emoji === emoji);
    await client.react({ message: message.message, emoji, remove: own !== undefined });
  },

  async read({ client, random }) {
    const chat = random.pick(await client.chats());
    if (chat === undefined) return;
    const last = (await client.messages({ chat: chat.chat, limit: 1 })).at(-1);
    if (last !== undefined) await client.markRead({ chat: chat.chat, upTo: last.order });
  },

  async draft({ stage, client, random }) {
    const chat = await pickChat(client, random);
    if (chat === undefined) return;
    await client.setDraft({ chat: chat.chat, text: `${plaintextMark} draft ${stage.facts.nextText()}` });
  },

  async createGroup({ stage, client, random }) {
    const chats = await client.chats();
    if (chats.length >= chatsPerDeviceMax) return;
    const contacts = pickSome(await client.contacts(), random, 3).map(({ contact }) => contact);
    await client.createGroup({ name: `${plaintextMark} group ${stage.facts.nextText()}`, contacts });
  },

  async addMembers({ client, random }) {
    const chat = await pickChat(client, random, (view) => view.kind === "group");
    if (chat === undefined) return;
    const { members } = await client.chat(chat.chat);
    const here = new Set(members.map(({ account }) => account));
    const absent = (await client.contacts()).filter(({ contact }) => !here.has(contact));
    const contacts = pickSome(absent, random, 2).map(({ contact }) => contact);
    if (contacts.length > 0) await client.addMembers({ chat: chat.chat, contacts });
  },

  async removeMember({ client, random }) {
    const chat = await pickChat(client, random, (view) => view.kind === "group");
    if (chat === undefined) return;
    const { members } = await client.chat(chat.chat);
    const member = random.pick(members.filter(({ isSelf }) => !isSelf));
    if (member !== undefined) await client.removeMember({ chat: chat.chat, account: member.account });
  },

  async renameGroup({ stage, client, random }) {
    const chat = await pickChat(client, random, (view) => view.kind === "group");
    if (chat === undefined) return;
    await client.renameGroup({ chat: chat.chat, name: `${plaintextMark} title ${stage.facts.nextText()}` });
  },

  async setRole({ client, random }) {
    const chat = await pickChat(client, random, (view) => view.kind === "group");
    if (chat === undefined) return;
    const member = random.pick((await client.chat(chat.chat)).members);
    const role = random.pick(roles) ?? "member";
    if (member !== undefined) await client.setRole({ chat: chat.chat, account: member.account, role });
  },

  async leaveGroup({ client, random }) {
    const chat = await pickChat(client, random, (view) => view.kind === "group");
    if (chat !== undefined) await client.leaveGroup(chat.chat);
  },

  async addContact({ world, person, client, random }) {
    const other = random.pick(
      world.people.filter((candidate) => candidate !== person && candidate.account !== undefined),
    );
    const link = await other?.running(random.below(3))?.client?.contactLink();
    if (link !== undefined) await client.addContact(link);
  },

  async renameSelf({ stage, client }) {
    await client.rename(`${plaintextMark} name ${stage.facts.nextText()}`);
  },

  async invite({ world, client }) {
    if (world.people.length >= world.peopleMax) return;
    const { invite } = await client.createInvite({ uses: 1, expiresInMs: hourMs });
    world.welcome(invite);
  },

  async linkDevice({ world, person, client }) {
    if (person.devices.length < devicesPerPersonMax) world.link(person, await client.exportDeviceLink());
  },

  async reconnect({ client }) {
    await client.reconnect();
  },
} satisfies Record<string, Action>;

export type ActionName = keyof typeof actions;

/** How often each is drawn, relative to the others. */
export const actionWeights: Readonly<Record<ActionName, number>> = {
  send: 30,
  burst: 5,
  reply: 6,
  edit: 4,
  delete: 3,
  react: 6,
  read: 8,
  draft: 1,
  createGroup: 3,
  addMembers: 4,
  removeMember: 3,
  renameGroup: 3,
  setRole: 2,
  leaveGroup: 1,
  addContact: 3,
  renameSelf: 1,
  invite: 2,
  linkDevice: 1,
  reconnect: 1,
};

const devicesPerPersonMax = 3;
const chatsPerDeviceMax = 8;

interface Saying {
  readonly stage: Stage;
  readonly person: Person;
  readonly device: Device;
  readonly client: ClientApi;
  readonly chat: string;
  readonly replyTo?: string;
}

async function say({ stage, person, device, client, chat, replyTo }: Saying): Promise<void> {
  const text = `${plaintextMark} message ${stage.facts.nextText()} of ${person.name}`;
  const view = await client.send(replyTo === undefined ? { chat, text } : { chat, text, replyTo });
  const { message, from } = view;
  // Of the device, not of the person: a backup from before the account was made leads to another account.
  stage.facts.say({ message, chat, account: from, device: device.name, text });
  const { seq } = await client.whenSent(message);
  stage.facts.acked(message, seq);
}

async function pickChat(
  client: ClientApi,
  random: Random,
  matches: (chat: ChatView) => boolean = () => true,
): Promise<ChatView | undefined> {
  return random.pick((await client.chats()).filter((chat) => chat.isActive && matches(chat)));
}

async function pickMessage(
  client: ClientApi,
  random: Random,
  matches: (message: MessageView) => boolean = () => true,
): Promise<MessageView | undefined> {
  const chat = await pickChat(client, random);
  if (chat === undefined) return undefined;
  const messages = await client.messages({ chat: chat.chat, limit: 20 });
  return random.pick(messages.filter((view) => view.notice === undefined && !view.isDeleted && matches(view)));
}

function pickSome<T>(list: readonly T[], random: Random, max: number): T[] {
  const left = [...list];
  const count = Math.min(left.length, random.between(1, max));
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)).flat();
}
