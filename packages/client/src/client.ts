/** The client as its users see it: every call of the API, joined to the part that does it. */
import { toHex } from "@rempart/protocol";
import { type ContactCard, newGroupPolicy, recoveryPhrase } from "@rempart/session";
import type {
  AccountView,
  ChatDetailView,
  ChatView,
  ClientApi,
  ContactView,
  MemberRole,
  MessageQuery,
  MessageView,
  PreferencesView,
} from "./api.ts";
import { claimKeyPackages, claimTogether, fetchReach } from "./contacts/reach.ts";
import { cleanName } from "./contacts/welcome.ts";
import { hybridFull, isRoomFor } from "./devices/suites.ts";
import { type ClientOptions, Engine } from "./engine/engine.ts";
import { type Identity, noAccount } from "./engine/identity.ts";
import { asClientError, ClientError } from "./errors.ts";
import { Invites } from "./invites/invites.ts";
import { clientLimits } from "./limits.ts";
import { Messages } from "./messages/send.ts";
import { StoreError } from "./ports.ts";
import { methodNames } from "./remote/methods.ts";
import type { Wish } from "./store/commits.ts";
import { isGone } from "./store/logs.ts";
import { chatDetailView, chatView } from "./views/chats.ts";
import { messageView } from "./views/messages.ts";
import { nameOf } from "./views/names.ts";

export interface Client extends ClientApi {
  /** A text that makes another device one of this account. As secret as the account itself: show it, never store it. */
  exportDeviceLink(): Promise<string>;
  /** Makes this device, which has no account, one of the account that the link is of; resolves once it is let in. */
  createLinkedDevice(link: string): Promise<void>;
  /** Ends the client and closes its store. Nothing queued is lost: the next client on the store goes on. */
  close(): Promise<void>;
}

/**
 * Opens the client on a store that no other client has open, and connects it if there is an account. Throws
 * `ERR_LOCAL_…` when the database cannot be used.
 *
 * @example
 * ```ts
 * const client = await createClient({ store, network, clock, crypto });
 * await client.createAccount({ invite: link, name: "Ada" });
 * const [chat] = await client.chats();
 * if (chat) await client.send({ chat: chat.chat, text: "hello" });
 * ```
 */
export async function createClient(options: ClientOptions): Promise<Client> {
  const engine = new Engine(options);
  await engine.start();
  return guarded(engine, new EngineClient(engine));
}

const defaultPreferences: PreferencesView = { language: "auto", theme: "auto", sendReadReceipts: true };

class EngineClient implements Client {
  readonly #engine: Engine;
  readonly #messages: Messages;
  readonly #invites: Invites;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#messages = new Messages(engine);
    this.#invites = new Invites(engine);
  }

  async account(): Promise<AccountView | null> {
    const { meta } = this.#engine.tables;
    if (!this.#engine.setup.isRegistered()) return null;
    const { account, device } = this.#engine.own();
    return {
      account,
      device: toHex(device.deviceId),
      name: meta.get("name") ?? "",
      role: meta.get("role") ?? "member",
      server: this.#engine.server(),
      recoveryConfirmed: meta.get("recoveryConfirmed") ?? false,
    };
  }

  inspectLink(link: string) {
    return this.#invites.inspect(link);
  }

  async createAccount({ invite, name }: { invite: string; name: string }) {
    return this.#engine.setup.create({ invite, name: checkedName(name) });
  }

  async recoveryPhrase(): Promise<string> {
    return recoveryPhrase(this.#own().keys);
  }

  async confirmRecovery(words: readonly { position: number; word: string }[]): Promise<void> {
    const right = recoveryPhrase(this.#own().keys).split(" ");
    const isRight = words.every(({ position, word }) => right[position] === word.trim().toLowerCase());
    if (words.length === 0 || !isRight) throw new ClientError("ERR_PHRASE", "these are not the words of the phrase");
    this.#engine.write((changes) => {
      this.#engine.tables.meta.set("recoveryConfirmed", true);
      changes.mark("account");
    });
  }

  async rename(name: string): Promise<void> {
    this.#own();
    const checked = checkedName(name);
    this.#engine.write((changes) => {
      this.#engine.tables.meta.set("name", checked);
      changes.mark("account");
    });
    await this.#engine.selfSync.nameChanged();
  }

  async createInvite(request: { uses: number; expiresInMs: number; role?: "member" | "admin" }) {
    this.#own();
    return this.#invites.create(request);
  }

  async invites() {
    return this.#invites.all();
  }

  revokeInvite(id: string) {
    return this.#invites.revoke(id);
  }

  async contactLink() {
    this.#own();
    return this.#engine.contacts.link();
  }

  async addContact(link: string) {
    this.#own();
    return this.#engine.contacts.add(link);
  }

  async contacts(): Promise<readonly ContactView[]> {
    return this.#engine.tables.people.contacts().map(({ account }) => {
      const chat = this.#engine.groups.directChat(account);
      return { contact: account, name: nameOf(this.#engine, account), ...(chat !== undefined && { chat }) };
    });
  }

  async chats(): Promise<readonly ChatView[]> {
    return this.#engine.tables.chats.shown().map((row) => chatView(this.#engine, row));
  }

  async chat(chat: string): Promise<ChatDetailView> {
    return chatDetailView(this.#engine, this.#engine.groups.chatRow(chat));
  }

  async messages(query: MessageQuery): Promise<readonly MessageView[]> {
    const { chat } = this.#engine.groups.chatRow(query.chat);
    const limit = Math.max(1, Math.min(clientLimits.messagesPerQueryMax, Math.floor(query.limit)));
    const rows = this.#engine.tables.messages.page({ ...query, chat, limit });
    return rows.map((row) => messageView(this.#engine, row));
  }

  async createGroup({ name, contacts }: { name: string; contacts: readonly string[] }) {
    const policy = newGroupPolicy(this.#own().keys.accountId, checkedName(name));
    const cards = contacts.map((contact) => this.#card(contact));
    for (const card of cards) await fetchReach(this.#engine, card);
    const { suite, members } = await claimTogether(this.#engine, cards);
    const chat = await this.#engine.groups.found({ policy, suite, members });
    await this.#engine.groups.settled(chat);
    return { chat };
  }

  async addMembers({ chat, contacts }: { chat: string; contacts: readonly string[] }): Promise<void> {
    const row = this.#group(chat);
    const present = row.group.members;
    const newcomers = contacts.filter((contact) => !present.some((member) => member.account === contact));
    const devices = present.reduce((sum, member) => sum + member.devices, newcomers.length);
    // Before a key package is spent; the plan of the commit counts exactly.
    if (newcomers.length > 0 && !isRoomFor(row.suite, devices)) throw hybridFull();
    const members = [];
    for (const contact of contacts) {
      const card = this.#card(contact);
      await fetchReach(this.#engine, card);
      members.push(await claimKeyPackages(this.#engine, card, row.suite));
    }
    await this.#wish(row.chat, { kind: "add", members });
    await this.#engine.groups.settled(row.chat);
  }

  async removeMember({ chat, account }: { chat: string; account: string }): Promise<void> {
    if (account === this.#own().account) {
      throw new ClientError("ERR_ARGUMENT", "to go oneself is to leave the group");
    }
    await this.#wish(this.#group(chat).chat, { kind: "remove", account });
  }

  async renameGroup({ chat, name }: { chat: string; name: string }): Promise<void> {
    await this.#wish(this.#group(chat).chat, { kind: "rename", name: checkedName(name) });
  }

  async setRole({ chat, account, role }: { chat: string; account: string; role: MemberRole }): Promise<void> {
    await this.#wish(this.#group(chat).chat, { kind: "role", account, role });
  }

  async setPermissions({
    chat,
    permissions,
  }: {
    chat: string;
    permissions: ChatDetailView["permissions"];
  }): Promise<void> {
    const { addMembers, removeMembers, changeInfo, send } = permissions;
    const wish = { kind: "permissions", permissions: { addMembers, removeMembers, changeInfo, send } } as const;
    await this.#wish(this.#group(chat).chat, wish);
  }

  leaveGroup(chat: string) {
    return this.#engine.leaving.leave(chat);
  }

  async deleteChat(chat: string): Promise<void> {
    const { logs, chats, messages } = this.#engine.tables;
    const row = this.#engine.groups.chatRow(chat);
    if (!isGone(logs.get(row.chat)?.state)) {
      throw new ClientError("ERR_ARGUMENT", "only a chat that was left can be removed from the list");
    }
    this.#engine.write((changes) => {
      messages.removeChat(row.chat);
      chats.setDeleted(row.chat, true);
      changes.chat(row.chat);
    });
  }

  send(request: Parameters<ClientApi["send"]>[0]) {
    return this.#messages.send(request);
  }

  edit({ message, text }: { message: string; text: string }) {
    return this.#messages.edit(message, text);
  }

  delete(message: string) {
    return this.#messages.delete(message);
  }

  react({ message, emoji, remove = false }: { message: string; emoji: string; remove?: boolean }) {
    return this.#messages.react(message, emoji, remove);
  }

  async retry(message: string) {
    this.#messages.retry(message);
  }

  whenSent(message: string) {
    return this.#messages.whenSent(message);
  }

  async markRead({ chat, upTo }: { chat: string; upTo: number }): Promise<void> {
    const { chats, messages, receipts } = this.#engine.tables;
    const row = this.#engine.groups.chatRow(chat);
    if (upTo <= row.readOrder) return;
    const seen = messages.unreadIds(row.chat, row.readOrder, upTo);
    const isTold = (await this.preferences()).sendReadReceipts && this.#engine.receipts.isWanted(row);
    this.#engine.write((changes) => {
      chats.setRead(row.chat, upTo);
      if (isTold) for (const { message, log } of seen) receipts.owe({ message, log, state: "read" });
      changes.chat(row.chat);
    });
    for (const log of new Set(seen.map((message) => message.log))) this.#engine.receipts.kick(log);
    const lastSeq = Math.floor(upTo);
    if (seen.length > 0 && lastSeq > 0) this.#engine.selfSync.wasRead(row.chat, lastSeq);
  }

  async setDraft({ chat, text }: { chat: string; text: string }): Promise<void> {
    const row = this.#engine.groups.chatRow(chat);
    if (text.length > clientLimits.draftUnitsMax) throw new ClientError("ERR_TOO_LARGE", "the draft is too long");
    this.#engine.write((changes) => {
      this.#engine.tables.chats.setDraft(row.chat, text);
      changes.chat(row.chat);
    });
  }

  file(message: string) {
    return this.#engine.downloads.get(message);
  }

  async connection() {
    return this.#engine.connection.view;
  }

  async reconnect(): Promise<void> {
    if (this.#engine.identity !== undefined) this.#engine.connection.connect(this.#engine.server());
  }

  whenSynced(): Promise<void> {
    this.#engine.own();
    return this.#engine.waiters.until(() => {
      const { setup, sync, connection } = this.#engine;
      if (connection.view.state === "refused") throw new ClientError("ERR_OFFLINE", "the server refuses this account");
      return setup.step() === "done" && sync.isAllSynced() ? true : undefined;
    }) as Promise<unknown> as Promise<void>;
  }

  async preferences(): Promise<PreferencesView> {
    return this.#engine.tables.meta.get("preferences") ?? defaultPreferences;
  }

  async setPreferences(change: Partial<PreferencesView>): Promise<void> {
    const preferences = { ...(await this.preferences()), ...change };
    this.#engine.write((changes) => {
      this.#engine.tables.meta.set("preferences", preferences);
      changes.mark("preferences");
    });
    if (this.#engine.identity !== undefined) this.#engine.selfSync.preferencesChanged(preferences);
  }

  subscribe(listener: Parameters<ClientApi["subscribe"]>[0]): () => void {
    return this.#engine.subscribe(listener);
  }

  async exportDeviceLink(): Promise<string> {
    this.#own();
    return this.#engine.devices.exportLink();
  }

  createLinkedDevice(link: string): Promise<void> {
    return this.#engine.devices.link(link);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  /** Before the server knows the account nothing can be done in its name. Throws `ERR_NO_ACCOUNT`. */
  #own(): Identity {
    if (!this.#engine.setup.isRegistered()) throw noAccount();
    return this.#engine.own();
  }

  async #wish(chat: string, wish: Wish): Promise<void> {
    await this.#engine.commits.fulfil(chat, wish);
  }

  #group(chat: string) {
    const row = this.#engine.groups.activeChat(chat);
    if (row.kind !== "group") throw new ClientError("ERR_ARGUMENT", "this is a one-to-one chat, not a group");
    return row;
  }

  #card(contact: string): ContactCard {
    const card = this.#engine.tables.people.get(contact)?.card;
    if (card === undefined) throw new ClientError("ERR_NOT_FOUND", "there is no such contact");
    return card;
  }
}

function checkedName(name: string): string {
  const clean = cleanName(name);
  if (clean === "" || name.trim().length > clientLimits.nameUnitsMax) {
    throw new ClientError("ERR_ARGUMENT", `a name has 1 to ${clientLimits.nameUnitsMax} characters`);
  }
  return clean;
}

/** Every failure leaves as a `ClientError`; after the engine has ended every call says why. */
function guarded(engine: Engine, client: EngineClient): Client {
  const guard =
    <A, T>(method: (arg: A) => Promise<T>) =>
    async (arg: A): Promise<T> => {
      try {
        engine.ensureRunning();
        return await method.call(client, arg);
      } catch (error) {
        if (error instanceof StoreError) engine.fail(error);
        throw engine.failure ?? asClientError(error);
      }
    };
  const exportDeviceLink = guard<undefined, string>(client.exportDeviceLink);
  const calls = methodNames.map((name) => [name, guard(client[name] as (arg: unknown) => Promise<unknown>)] as const);
  return {
    ...(Object.fromEntries(calls) as unknown as Omit<ClientApi, "subscribe">),
    exportDeviceLink: () => exportDeviceLink(undefined),
    createLinkedDevice: guard(client.createLinkedDevice),
    subscribe: (listener) => client.subscribe(listener),
    close: () => client.close(),
  };
}
