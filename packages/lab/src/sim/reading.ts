/** Everything that one device shows, read through the same calls that a screen makes. */
import type { ChatDetailView, ClientApi, MessageView } from "@rempart/client";

export interface ChatReading {
  readonly view: ChatDetailView;
  /** All of them, oldest first. */
  readonly messages: readonly MessageView[];
}

export interface DeviceReading {
  readonly device: string;
  readonly account: string;
  /** The person's name at the moment, as his own device shows it. */
  readonly name: string;
  readonly chats: readonly ChatReading[];
}

const pageLimit = 500;

export async function readDevice(device: string, client: ClientApi): Promise<DeviceReading | undefined> {
  const account = await client.account();
  if (account === null) return undefined;
  const chats: ChatReading[] = [];
  for (const { chat } of await client.chats()) {
    chats.push({ view: await client.chat(chat), messages: await readMessages(client, chat) });
  }
  return { device, account: account.account, name: account.name, chats };
}

async function readMessages(client: ClientApi, chat: string): Promise<readonly MessageView[]> {
  let page = await client.messages({ chat, limit: pageLimit });
  let messages = page;
  while (page.length === pageLimit) {
    page = await client.messages({ chat, limit: pageLimit, before: page[0]?.order ?? 0 });
    messages = [...page, ...messages];
  }
  return messages;
}
