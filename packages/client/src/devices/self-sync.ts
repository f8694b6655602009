/**
 * What members of a group and devices of an account tell each other beside messages: sync records, whose
 * bodies are JSON. Everything in them was written by others and is read as such.
 */
import { toHex } from "@rempart/protocol";
import {
  type CompactCard,
  type ContactCard,
  compactCard,
  decodeCard,
  encodeCard,
  type GroupKind,
  type Member,
  type Profile,
  type SyncRecord,
} from "@rempart/session";
import type { PreferencesView } from "../api.ts";
import { cleanName } from "../contacts/welcome.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import type { ReceivedContent } from "../messages/apply.ts";
import { orderOf } from "../messages/place.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { acquaint, introductionsOf, readIntroductions, recordsOf, withFewCards } from "./introductions.ts";

const version = 1;
const logIdPattern = /^[0-9a-f]{32}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Body = Readonly<Record<string, unknown>>;

export class SelfSync {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** What this account calls itself, for the members of a group, and how they can ask it for help. */
  async composeProfile(log: string, kind: GroupKind): Promise<Uint8Array> {
    const name = this.#engine.tables.meta.get("name") ?? "";
    const card = kind === "group" ? await this.#ownCard() : undefined;
    return (await this.#engine.outbox.compose(log, { kind: "profile", name, ...(card && { card }) })).content;
  }

  #ownCard(): Promise<CompactCard> {
    return compactCard(this.#engine.crypto, this.#engine.own().groupCard);
  }

  /** Who the others are, for those who have just come into a group: one record, so that no newcomer costs more. */
  async composeNames(log: string, accounts: readonly string[]): Promise<Uint8Array> {
    const { people, meta } = this.#engine.tables;
    const { account: own } = this.#engine.own();
    const self = { account: own, name: meta.get("name") ?? "", card: encodeCard(await this.#ownCard()) };
    const others = accounts.flatMap((account) => (account === own ? [] : (people.get(account) ?? [])));
    const [names] = recordsOf(withFewCards([self, ...introductionsOf(others)]));
    return this.#compose(log, "names", { names });
  }

  /** Tells the other devices of a new contact. */
  contactAdded(account: string): void {
    const person = this.#engine.tables.people.get(account);
    if (person?.card !== undefined) this.#tell("contact", contactBody(person.account, person.name, person.card));
  }

  /** Tells the other devices how far a chat has been read. */
  wasRead(log: string, seq: number): void {
    this.#tell("read", { log, seq });
  }

  preferencesChanged(preferences: PreferencesView): void {
    this.#tell("preferences", { preferences });
  }

  /** Tells the members of every group, and the other devices, what this account calls itself now. */
  async nameChanged(): Promise<void> {
    const { chats, logs, meta } = this.#engine.tables;
    const self = meta.get("selfGroup");
    const active = chats.all().filter((chat) => logs.get(chat.chat)?.state === "active");
    const groups = active.map(({ chat: log, kind }) => ({ log, kind }) as const);
    for (const { log, kind } of [...groups, ...(self === undefined ? [] : [{ log: self, kind: "self" } as const])]) {
      const content = await this.composeProfile(log, kind);
      this.#engine.write(() => this.#engine.outbox.add(log, { content }));
      this.#engine.outbox.kick(log);
    }
  }

  /** What a device says first in a group. In the self group it says hello, and is told what it cannot know. */
  composeGreeting(log: string, kind: GroupKind): Promise<Uint8Array> {
    return kind === "self" ? this.#compose(log, "hello", {}) : this.composeProfile(log, kind);
  }

  /** Tells a device that has come into the self group all that it cannot learn elsewhere. */
  async bringUpToDate(device: string | undefined): Promise<void> {
    const { people, meta } = this.#engine.tables;
    const log = meta.get("selfGroup");
    if (log === undefined) return;
    const contents: Uint8Array[] = [];
    for (const { account, name, card } of people.contacts()) {
      if (card !== undefined) contents.push(await this.#compose(log, "contact", contactBody(account, name, card)));
    }
    for (const names of recordsOf(introductionsOf(people.others()))) {
      contents.push(await this.#compose(log, "people", { names }));
    }
    contents.push(await this.composeProfile(log, "self"));
    const there = device === undefined ? [] : await this.#groupsWith(device);
    for (let at = 0; at < there.length; at += clientLimits.logsToldMax) {
      const logs = there.slice(at, at + clientLimits.logsToldMax);
      contents.push(await this.#compose(log, "groups", { device, logs }));
    }
    this.#engine.write(() => {
      for (const content of contents) this.#engine.outbox.add(log, { content });
    });
    this.#engine.outbox.kick(log);
  }

  /** The groups that a sibling is in, as this device sees them: one that was restored from a backup may not know. */
  async #groupsWith(device: string): Promise<readonly string[]> {
    const { chats, logs } = this.#engine.tables;
    const { account } = this.#engine.own();
    const found: string[] = [];
    for (const { chat: log } of chats.all()) {
      if (logs.get(log)?.state !== "active") continue;
      const group = await this.#engine.lanes.run(log, () => this.#engine.groupCache.get(log));
      const isIn = ({ accountId, deviceId }: Member) => toHex(deviceId) === device && toHex(accountId) === account;
      if (group?.members.some(isIn) === true) found.push(log);
    }
    return found;
  }

  /** Call it in a transaction. */
  apply(received: ReceivedContent, record: SyncRecord, changes: Changes): void {
    if (record.version !== version) return;
    const body = bodyOf(record);
    if (body === undefined) return;
    if (record.type === "names") this.#applyNames(received, body, changes);
    else if (this.#isFromOwnDevice(received)) this.#applyOwn(received, record.type, body, changes);
  }

  #isFromOwnDevice({ log, sender }: ReceivedContent): boolean {
    return log === this.#engine.tables.meta.get("selfGroup") && sender === this.#engine.own().account;
  }

  #applyOwn({ senderDevice }: ReceivedContent, type: string, body: Body, changes: Changes): void {
    const { people, chats, meta } = this.#engine.tables;
    if (type === "hello") this.#engine.after(0, () => this.#engine.spawn(() => this.bringUpToDate(senderDevice)));
    else if (type === "groups") this.#applyGroups(body);
    else if (type === "contact" && typeof body.account === "string" && isCard(body.card, body.account)) {
      if (people.get(body.account)?.card === undefined) people.setCard(body.account, body.card);
      if (typeof body.name === "string") people.setName(body.account, cleanName(body.name));
      this.#engine.contacts.met(body.account, this.#engine.clock.now(), changes);
    } else if (type === "people") {
      for (const one of readIntroductions(body.names))
        if (acquaint(this.#engine, one)) this.#named(one.account, changes);
    } else if (type === "read" && typeof body.log === "string" && typeof body.seq === "number") {
      const chat = chats.get(body.log);
      if (chat === undefined) return;
      chats.setRead(chat.shownAs ?? chat.chat, orderOf(chat, body.seq));
      changes.chat(chat.shownAs ?? chat.chat);
    } else if (type === "preferences" && typeof body.preferences === "object") {
      meta.set("preferences", body.preferences as PreferencesView);
      changes.mark("preferences");
    }
  }

  /** A sibling says where this device is a member. */
  #applyGroups({ device, logs }: Body): void {
    const { account: helper, device: own } = this.#engine.own();
    if (device !== toHex(own.deviceId) || !Array.isArray(logs)) return;
    for (const log of logs.slice(0, clientLimits.logsToldMax)) {
      const isUnknown =
        typeof log === "string" && logIdPattern.test(log) && this.#engine.tables.logs.get(log) === undefined;
      if (!isUnknown) continue;
      this.#engine.healing.missed({ log, fromSeq: 1, chain: new Uint8Array(), helper });
    }
    this.#engine.after(0, () => this.#engine.healing.kickAll());
  }

  /** What an account says of itself. Call it in a transaction. */
  applyProfile(account: string, { name, card }: Profile, changes: Changes): void {
    this.#applyName(account, cleanName(name), changes);
    const isOwn = account === this.#engine.own().account;
    if (isOwn || card === undefined || toHex(card.accountId) !== account) return;
    this.#engine.tables.people.setReach(account, encodeCard(card));
  }

  #applyName(account: string, name: string, changes: Changes): void {
    const { meta, people } = this.#engine.tables;
    if (account !== this.#engine.own().account) {
      if (people.setName(account, name)) this.#named(account, changes);
    } else if (name !== "" && meta.get("name") !== name) {
      meta.set("name", name);
      changes.mark("account");
    }
  }

  /** Members of the group are introduced by one of them, who may introduce himself. */
  #applyNames({ log, sender }: ReceivedContent, { names }: Body, changes: Changes): void {
    const members = this.#engine.tables.chats.get(log)?.group.members ?? [];
    for (const introduction of readIntroductions(names)) {
      const { account, name, card } = introduction;
      if (!members.some((member) => member.account === account)) continue;
      if (account === sender) {
        this.applyProfile(account, { kind: "profile", name, ...(card && { card: decodeCard(card) }) }, changes);
      } else if (acquaint(this.#engine, introduction)) this.#named(account, changes);
    }
  }

  #named(account: string, changes: Changes): void {
    changes.mark("contacts");
    for (const chat of this.#engine.tables.chats.shown()) {
      if (chat.group.members.some((member) => member.account === account)) changes.chat(chat.chat);
    }
  }

  /** Queues a record for the other devices, if there are any. */
  #tell(type: string, body: Body): void {
    const log = this.#engine.tables.meta.get("selfGroup");
    if (log === undefined) return;
    this.#engine.spawn(async () => {
      if (!(await this.#engine.devices.hasOthers())) return;
      const content = await this.#compose(log, type, body);
      this.#engine.write(() => this.#engine.outbox.add(log, { content }));
      this.#engine.outbox.kick(log);
    });
  }

  async #compose(log: string, type: string, body: Body): Promise<Uint8Array> {
    const record: SyncRecord = { kind: "sync", type, version, body: encoder.encode(encodeJson(body)) };
    return (await this.#engine.outbox.compose(log, record)).content;
  }
}

function contactBody(account: string, name: string, card: ContactCard): Body {
  return { account, name, card };
}

/** A card as an own device wrote it; checked all the same, because an own device may be an older program. */
function isCard(card: unknown, account: string): card is ContactCard {
  if (typeof card !== "object" || card === null) return false;
  const { accountId, claimKey, contactLog, contactSealKeyHash, linkSecret } = card as Partial<ContactCard>;
  const parts = [accountId, claimKey, contactLog?.logId, contactLog?.writeKey, contactSealKeyHash, linkSecret];
  return parts.every((part) => part instanceof Uint8Array) && accountId !== undefined && toHex(accountId) === account;
}

function bodyOf({ body }: SyncRecord): Body | undefined {
  try {
    const value = decodeJson(decoder.decode(body));
    return typeof value === "object" && value !== null ? (value as Body) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
