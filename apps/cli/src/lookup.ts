/** Finds chats, contacts, members and messages of a client by what a person wrote. */
import type { ChatDetailView, ChatView, ClientApi, ContactView, MemberView, MessageView } from "@rempart/client";
import { CliError } from "./failure.ts";
import { type Candidate, isIdPrefix, resolve } from "./resolve.ts";

/** Messages asked for at once: the most that the client gives. */
const pageMessages = 500;

/** CHAT: an id, the beginning of one, a title, or a contact's id. */
export async function findChat(client: ClientApi, query: string): Promise<ChatView> {
  const chats = await client.chats();
  const contacts = await client.contacts();
  const direct = contacts.find(({ contact, chat }) => contact === query.toLowerCase() && chat !== undefined);
  const wanted = direct?.chat ?? query;
  return resolve(
    "chat",
    wanted,
    chats.map((chat) => ({ id: chat.chat, name: chat.title, isRetired: !chat.isActive, chat })),
  ).chat;
}

/** CONTACT: an id, the beginning of one, or a name. */
export async function findContact(client: ClientApi, query: string): Promise<ContactView> {
  const contacts = await client.contacts();
  return resolve(
    "contact",
    query,
    contacts.map((contact) => ({ id: contact.contact, name: contact.name, contact })),
  ).contact;
}

export function findMember(chat: ChatDetailView, query: string): MemberView {
  return resolve(
    "member",
    query,
    chat.members.map((member) => ({ id: member.account, name: member.name, member })),
  ).member;
}

export interface MessageArguments {
  readonly message: MessageView;
  /** The arguments after MESSAGE. */
  readonly rest: readonly string[];
}

/**
 * Reads `[CHAT] MESSAGE` from the front of `positionals`, of which `restCount` belong to what follows.
 * MESSAGE is an id, the beginning of one, or, after a CHAT, `last`.
 */
export async function findMessage(
  client: ClientApi,
  positionals: readonly string[],
  { restCount, ownOnly }: { readonly restCount: number; readonly ownOnly: boolean },
): Promise<MessageArguments> {
  const hasChat = positionals.length > restCount + 1;
  const [chatQuery = "", messageQuery = ""] = hasChat ? positionals : ["", positionals[0] ?? ""];
  const rest = positionals.slice(hasChat ? 2 : 1);
  const chats = hasChat ? [await findChat(client, chatQuery)] : await client.chats();
  if (messageQuery === "last") {
    if (!hasChat) throw new CliError("ERR_USAGE", '"last" needs the CHAT before it');
    return { message: await findLast(client, chats, ownOnly), rest };
  }
  return { message: await findById(client, chats, messageQuery), rest };
}

async function findLast(client: ClientApi, chats: readonly ChatView[], ownOnly: boolean): Promise<MessageView> {
  for await (const message of messagesOf(client, chats)) {
    if (message.notice === undefined && !message.isDeleted && (message.isOwn || !ownOnly)) return message;
  }
  throw new CliError("ERR_NOT_FOUND", ownOnly ? "you have sent no message there" : "there is no message there");
}

async function findById(client: ClientApi, chats: readonly ChatView[], query: string): Promise<MessageView> {
  if (!isIdPrefix(query)) {
    throw new CliError("ERR_NOT_FOUND", `"${query}" is not a message's id or the first 8 characters of one`);
  }
  const found: (Candidate & { readonly message: MessageView })[] = [];
  for await (const message of messagesOf(client, chats)) {
    const candidate = { id: message.message, name: message.text.slice(0, 40), message };
    if (message.message === query.toLowerCase()) return message;
    if (message.notice === undefined && message.message.startsWith(query.toLowerCase())) found.push(candidate);
  }
  return resolve("message", query, found).message;
}

/** Every message of the chats, the newest of each chat first. */
async function* messagesOf(client: ClientApi, chats: readonly ChatView[]): AsyncGenerator<MessageView> {
  for (const { chat } of chats) {
    let before: number | undefined;
    for (;;) {
      const page = await client.messages({ chat, limit: pageMessages, ...(before === undefined ? {} : { before }) });
      yield* page.toReversed();
      before = page[0]?.order;
      if (page.length < pageMessages || before === undefined) break;
    }
  }
}
