/**
 * Whom a device asks that has fallen out of a group, and what they answer when there is no help. Those are its siblings,
 * the members that it knows, whoever has come or gone by what it has seen, and whom the others name.
 */
import { sameBytes, toHex } from "@rempart/protocol";
import { type CompactCard, encodeCard, type RejoinKit } from "@rempart/session";
import { reachMember } from "../contacts/reach.ts";
import { knownReach, type Reach } from "../contacts/send-welcome.ts";
import { acquaint } from "../devices/introductions.ts";
import { publishedSiblings } from "../devices/self-group.ts";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import type { Rejoin } from "../store/rejoins.ts";

/** `gone`: the account, or the one that asks, has left. `lost`: it is a member, and has lost its place as well. */
type Refusal = "gone" | "lost";

export class Helpers {
  readonly #engine: Engine;
  /** By the nonce of a question: who has answered that there is no help, accounts and own devices. */
  readonly #refusals = new Map<string, Map<string, Refusal>>();
  readonly #askServer: (engine: Engine) => Promise<readonly string[]>;
  /** By the nonce of a question: what the server has said of own devices. */
  readonly #published = new Map<string, readonly string[]>();

  constructor(engine: Engine, askServer: (engine: Engine) => Promise<readonly string[]> = publishedSiblings) {
    this.#engine = engine;
    this.#askServer = askServer;
  }

  /** Own devices, and a few of the members whose contact log is known: others every time, since some may be away. */
  async toAsk(log: string): Promise<readonly Reach[]> {
    const own = this.#engine.own().account;
    const { helper, nonce } = this.#engine.tables.rejoins.get(log) ?? {};
    const refused = nonce && this.#refusals.get(toHex(nonce));
    // Whoever is in a one-to-one chat may only not have heard of it yet: nobody leaves one.
    const isDirect = this.#engine.tables.chats.get(log)?.kind === "direct";
    const isOpen = (account: string) => this.#isReachable(account) && (isDirect || refused?.get(account) !== "gone");
    const known = this.#accounts(log).filter(isOpen);
    const start = Math.floor(this.#engine.fraction() * known.length);
    const drawn = [...known.slice(start), ...known.slice(0, start)].slice(0, clientLimits.helpersMax);
    const reaches: Reach[] = [knownReach(this.#engine, own)];
    for (const account of new Set(helper !== undefined && isOpen(helper) ? [helper, ...drawn] : drawn)) {
      const reach = await reachMember(this.#engine, account);
      if (reach !== undefined) reaches.push(reach);
    }
    return reaches;
  }

  /** Whether it is another account whose contact log is known. */
  #isReachable(account: string): boolean {
    if (account === this.#engine.own().account) return false;
    const person = this.#engine.tables.people.get(account);
    return person?.card !== undefined || person?.reach !== undefined;
  }

  /** These accounts may be in the group. Call it in a transaction; true for news. */
  note(log: string, cards: readonly CompactCard[]): boolean {
    let isNew = false;
    for (const card of cards) {
      const account = toHex(card.accountId);
      if (account === this.#engine.own().account) continue;
      acquaint(this.#engine, { account, name: "", card: encodeCard(card) });
      if (this.#engine.tables.rejoins.addHelper(log, account, clientLimits.helpersNotedMax)) isNew = true;
    }
    return isNew;
  }

  /** Takes a refusal. */
  refused({ nonce, sender, deviceId, others }: RejoinKit): void {
    const isOwn = toHex(sender) === this.#engine.own().account;
    // Who may still be a member himself has only lost his place.
    const refusal = others.some((card) => sameBytes(card.accountId, sender)) ? "lost" : "gone";
    const name = toHex(nonce);
    const known = this.#refusals.get(name) ?? new Map<string, Refusal>();
    this.#refusals.set(name, known.set(toHex(isOwn ? deviceId : sender), refusal));
  }

  /** The question has come to an end. */
  forget(nonce: Uint8Array): void {
    this.#refusals.delete(toHex(nonce));
    this.#published.delete(toHex(nonce));
  }

  /** Whether everybody who could be asked has been, and has said that there is no help. */
  async haveAllRefused({ log, nonce, startedAt, askedAt, helper }: Rejoin): Promise<boolean> {
    const kind = this.#engine.tables.chats.get(log)?.kind;
    if ((helper === undefined && kind === undefined) || askedAt === 0) return false;
    const asked = this.#accounts(log).filter((account) => this.#isReachable(account));
    const refused = this.#refusals.get(toHex(nonce));
    const known = [...asked, ...(await this.#engine.devices.others())];
    const ageMs = this.#engine.clock.now() - startedAt;
    // A restored device does not know of later siblings, who may help all the same.
    // A one-to-one chat goes on elsewhere, so that there is time.
    const isCertain = known.length > 0 && helper !== this.#engine.own().account && kind !== "direct";
    if (ageMs < (isCertain ? clientLimits.rejoinRetryMs : clientLimits.allLostMs)) return false;
    const hasRefused = (one: string) => {
      const answer = refused?.get(one);
      return answer === "gone" || (answer === "lost" && ageMs >= clientLimits.allLostMs);
    };
    return known.every(hasRefused) && (await this.#siblings(nonce)).every(hasRefused);
  }

  /** This account's other devices as the server knows them: a restored device has not heard of the later ones. */
  async #siblings(nonce: Uint8Array): Promise<readonly string[]> {
    const name = toHex(nonce);
    // Asked once for each question: it costs every sibling a key package.
    const siblings = this.#published.get(name) ?? (await this.#askServer(this.#engine));
    this.#published.set(name, siblings);
    return siblings;
  }

  /**
   * How many devices of a one-to-one chat, all of which have lost their place, found it anew before this one if they can:
   * the two accounts take turns, and in each the lower id is first.
   */
  async turn(nonce: Uint8Array, other: string): Promise<number> {
    const { account, device } = this.#engine.own();
    const own = toHex(device.deviceId);
    const before = (await this.#siblings(nonce)).filter((sibling) => sibling < own).length;
    return 2 * before + (account < other ? 0 : 1);
  }

  /** Whether no device of this account can let this one back into their group. */
  async isSelfGroupDead({ nonce, startedAt, askedAt }: Rejoin): Promise<boolean> {
    if (askedAt === 0) return false;
    const siblings = await this.#siblings(nonce);
    const refused = this.#refusals.get(toHex(nonce));
    const isOver = this.#engine.clock.now() - startedAt > clientLimits.selfGroupPatienceMs;
    return isOver || siblings.every((device) => refused?.has(device) === true);
  }

  /** Own devices that have answered a question: those are still in use. */
  siblingsWhoAnswered(nonce: Uint8Array): readonly string[] {
    const refused = this.#refusals.get(toHex(nonce));
    return (this.#published.get(toHex(nonce)) ?? []).filter((device) => refused?.has(device) === true);
  }

  /** Whether the account is one that may know the group. */
  mayAnswer(log: string, sender: string): boolean {
    if (sender === this.#engine.own().account) return true;
    return this.#accounts(log).includes(sender);
  }

  /** Who is in a group as far as this device knows, and who else was or may be. */
  #accounts(log: string): readonly string[] {
    const { chats, messages, rejoins } = this.#engine.tables;
    const helper = rejoins.get(log)?.helper;
    const chat = chats.get(log);
    const members = (chat?.group.members ?? []).map((member) => member.account);
    // The other of a one-to-one chat may be in it, though this device has only seen it without him.
    const other = chat?.other === undefined ? [] : [chat.other];
    // Who went may have come back, and if not knows others.
    const named = messages.notices(log).flatMap(({ notice }) => ("accounts" in notice ? notice.accounts : []));
    return [
      ...new Set([...members, ...other, ...(helper === undefined ? [] : [helper]), ...rejoins.helpers(log), ...named]),
    ];
  }
}
