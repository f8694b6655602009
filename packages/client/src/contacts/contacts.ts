/** Meeting people: links, contacts and the direct chats with them. */
import { toHex } from "@rempart/protocol";
import { type ContactCard, directPolicy, formatLink, type Link, parseLink } from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { ClientError } from "../errors.ts";
import type { NewGroup } from "../groups/groups.ts";
import { earlierLogId } from "../messages/place.ts";
import type { ChatRow } from "../store/chats.ts";
import { claimTogether, fetchReach } from "./reach.ts";
import { cleanName } from "./welcome.ts";

export class Contacts {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  link(): Promise<string> {
    const { card } = this.#engine.own();
    const origin = this.#engine.server();
    return formatLink(this.#engine.crypto, { kind: "contact", origin, contact: card, ...this.ownName() });
  }

  /** What this account calls itself, as its links tell it. */
  ownName(): { readonly name?: string } {
    const name = this.#engine.tables.meta.get("name") ?? "";
    return name === "" ? {} : { name };
  }

  /** Adds whoever made a link, and waits until he has been told, as far as the connection allows. */
  async add(text: string): Promise<{ contact: string; chat: string }> {
    const { contact, origin, name = "" } = await parseLink(this.#engine.crypto, text);
    if (contact === undefined) throw new ClientError("ERR_LINK", "nobody stands behind this invitation to be added");
    if (origin !== this.#engine.server()) {
      throw new ClientError("ERR_OTHER_SERVER", "the link is of another server than the one that holds this account");
    }
    return this.#addCard(contact, cleanName(name));
  }

  async #addCard(card: ContactCard, name: string): Promise<{ contact: string; chat: string }> {
    const account = toHex(card.accountId);
    if (account === this.#engine.own().account) throw new ClientError("ERR_OWN_LINK", "this link is one's own");
    // One at a time per account, so that two calls do not make two chats.
    const chat = await this.#engine.lanes.run(`contact ${account}`, () => this.#chatWith(card, name));
    await this.#engine.groups.settled(chat);
    return { contact: account, chat: this.#engine.groups.shownAs(chat) };
  }

  async #chatWith(card: ContactCard, name: string): Promise<string> {
    const account = toHex(card.accountId);
    const existing = this.#engine.groups.directChat(account);
    if (existing !== undefined) {
      this.#remember(card, name);
      return existing;
    }
    await fetchReach(this.#engine, card);
    const chat = await this.#found(card, { otherName: name });
    this.#remember(card, name);
    this.#engine.selfSync.contactAdded(account);
    return chat;
  }

  async #found(card: ContactCard, more: Pick<NewGroup, "otherName" | "groupId">): Promise<string> {
    const { suite, members } = await claimTogether(this.#engine, [card]);
    const policy = directPolicy(this.#engine.own().keys.accountId, card.accountId);
    return this.#engine.groups.found({ policy, suite, members, other: toHex(card.accountId), ...more });
  }

  /** Founds the chat with a contact anew: neither side can come back into the one that they have. */
  async startAnew({ chat, other = "" }: ChatRow): Promise<void> {
    await this.#engine.lanes.run(`contact ${other}`, async () => {
      const card = this.#engine.tables.people.get(other)?.card;
      const groupId = earlierLogId(this.#engine.crypto, chat);
      const isReplaced = this.#engine.groups.shownAs(chat) !== chat;
      if (card !== undefined && groupId !== undefined && !isReplaced) await this.#found(card, { groupId });
    });
  }

  /** The name counts until something better than a link tells one. */
  #remember(card: ContactCard, name: string): void {
    const account = toHex(card.accountId);
    const { people } = this.#engine.tables;
    this.#engine.write((changes) => {
      if (people.get(account)?.card === undefined) people.setCard(account, card);
      if (people.learnName(account, name)) changes.mark("contacts");
      this.met(account, this.#engine.clock.now(), changes);
    });
  }

  /**
   * An account is a contact from now on. Groups into which it welcomed this device before that are joined now: its leaf
   * is there, but not what the Welcome said, and that is asked for. Call it in a transaction.
   */
  met(account: string, at: number, changes: Changes): void {
    const { people, rejoins } = this.#engine.tables;
    if (!people.addContact(account, at)) return;
    changes.mark("contacts");
    for (const welcome of rejoins.takeStrangersWelcomes(account)) this.#engine.healing.missed(welcome);
    this.#engine.after(0, () => this.#engine.healing.kickAll());
  }
}

/** What a link is, before anything is done with it. */
export function kindOf(link: Link): "invite" | "contact" {
  return link.kind === "invitation" ? "invite" : "contact";
}
