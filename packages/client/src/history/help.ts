/**
 * Helping other devices back into groups that this one is in: what `healing` asks for, given to those who still
 * have their leaf, and to nobody else. Others who were members are told that there is no help from here, because
 * they are out of the group or this device is: or they would ask for ever. A device that has gone, or has lost its own
 * place, says who else was there, so that whoever knew it alone finds those who stayed.
 */
import { sameBytes, toHex } from "@rempart/protocol";
import {
  type CompactCard,
  chainStart,
  compactCard,
  contactLimits,
  decodeCard,
  groupInfoForRejoin,
  type RejoinKit,
  type RejoinRequest,
} from "@rempart/session";
import { reachBy } from "../contacts/reach.ts";
import { knownReach, payloadOf, prepareContactEntry } from "../contacts/send-welcome.ts";
import { generationOf } from "../devices/self-group.ts";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import { isFollowed, logIdOf } from "../store/logs.ts";
import { HelpAllowance } from "./allowance.ts";

interface Kit {
  readonly bytes: Uint8Array;
  /** Where the group stands in its log. */
  readonly fromSeq: number;
  readonly chain: Uint8Array;
}

/** Says that there is no way back from here. */
const noKit: Kit = { bytes: new Uint8Array(), fromSeq: 1, chain: chainStart };

export class Help {
  readonly #engine: Engine;
  readonly #allowance: HelpAllowance;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#allowance = new HelpAllowance(engine.clock);
  }

  /** A device asks to be let back into a group, or, being of this account, into its self group for the first time. */
  asked(request: RejoinRequest): void {
    this.#engine.spawn(() => this.#consider(request));
  }

  async #consider(request: RejoinRequest): Promise<void> {
    const { account, device } = this.#engine.own();
    const log = toHex(request.groupId);
    const isOwn = toHex(request.sender) === account;
    if (isOwn && sameBytes(request.deviceId, device.deviceId)) return;
    const isMember = await this.#isMember(log, request);
    const self = isOwn && !isMember ? await this.#selfGroupFor(log) : undefined;
    if (self !== undefined) {
      await this.#admit(self, request);
      return;
    }
    if (!isMember && !(await this.#isOver(log, request))) return;
    if (!isOwn && !this.#allowance.take(toHex(request.sender))) return;
    this.#helpAfter(this.#delayMs(isOwn), log, request);
  }

  /** Lets a device of this account into the self group, or tells it that it is there: it may be that a backup was restored. */
  async #admit(self: string, request: RejoinRequest): Promise<void> {
    const current = { ...request, groupId: logIdOf(self) };
    if (await this.#isMember(self, current)) this.#helpAfter(this.#delayMs(true), self, current);
    else this.#engine.devices.admit(toHex(request.deviceId));
  }

  /** Devices of the account itself first: strangers' help costs everyone an entry. */
  #delayMs(isOwn: boolean): number {
    return this.#engine.fraction() * clientLimits.helpDelayMsMax * (isOwn ? 0.2 : 1);
  }

  #helpAfter(delayMs: number, log: string, request: RejoinRequest): void {
    this.#engine.after(delayMs, () => this.#engine.spawn(() => this.#help(log, request)));
  }

  async #isMember(log: string, request: RejoinRequest): Promise<boolean> {
    if (!isFollowed(this.#engine.tables.logs.get(log)?.state)) return false;
    const group = await this.#engine.lanes.run(log, () => this.#engine.healing.groupOf(log));
    return (
      group?.members.some(
        (member) => sameBytes(member.accountId, request.sender) && sameBytes(member.deviceId, request.deviceId),
      ) === true
    );
  }

  /** If the question is for a self group, of whatever generation: the latest that this device knows, and is in. */
  async #selfGroupFor(log: string): Promise<string | undefined> {
    const { logs, meta } = this.#engine.tables;
    const self = meta.get("selfGroup");
    if (self === undefined || logs.get(self)?.state !== "active") return undefined;
    return log === self || (await generationOf(this.#engine, log)) !== undefined ? self : undefined;
  }

  /**
   * Whether the asking account was in a group with this one, and one of the two has gone from it, or this device has
   * lost its place. To a sibling: whether this device is not in the group. To a contact, who counts this account among
   * the members: also where this device does not know the group, or that he was in it. A backup may have been restored.
   */
  async #isOver(log: string, { sender, deviceId }: RejoinRequest): Promise<boolean> {
    const { chats, logs, messages, people } = this.#engine.tables;
    const own = this.#engine.own();
    const state = logs.get(log)?.state;
    const chat = chats.get(log);
    if (toHex(sender) === own.account) {
      // Of siblings who have all lost their group the one with the lowest id founds it anew.
      const isSelf = log === this.#engine.tables.meta.get("selfGroup");
      if (isSelf && state === "lost") return toHex(deviceId) < toHex(own.device.deviceId);
      return state === undefined || state === "left" || state === "lost";
    }
    const account = toHex(sender);
    const isContact = people.get(account)?.contactAt !== undefined;
    const isUnknown = chat === undefined && (state === undefined || state === "lost");
    if (isUnknown) return isContact;
    if (chat?.kind === "direct") return chat.other === account && (state === "left" || state === "lost");
    if (chat?.kind !== "group" || (state !== "left" && state !== "active" && state !== "lost")) return false;
    const isNamed = messages
      .notices(log)
      .some(({ notice }) => (notice.kind === "removed" || notice.kind === "left") && notice.accounts.includes(account));
    // A contact who knows the group was in it, though this device may have come later, or have forgotten.
    if (!isContact && !isNamed && !chat.group.members.some((member) => member.account === account)) return false;
    if (state !== "active") return true;
    const group = await this.#engine.lanes.run(log, () => this.#engine.healing.groupOf(log));
    const isThere = group?.members.some((member) => sameBytes(member.accountId, sender)) !== false;
    return !isThere && this.#engine.sync.isSynced(log);
  }

  async #help(log: string, request: RejoinRequest): Promise<void> {
    const isMember = await this.#isMember(log, request);
    if (!isMember && !(await this.#isOver(log, request))) return;
    // A Welcome to the group may stand behind the question.
    if (!isMember && !this.#engine.sync.isSynced(toHex(this.#engine.own().keys.contactLog.logId))) {
      if (this.#engine.connection.isOnline) this.#helpAfter(clientLimits.helpDelayMsMax, log, request);
      return;
    }
    const kit = isMember ? await this.#engine.lanes.run(log, () => this.#makeKit(log)) : noKit;
    if (kit === undefined) return;
    const sender = toHex(request.sender);
    const isOwn = sender === this.#engine.own().account;
    const reach = isOwn ? knownReach(this.#engine, sender) : await reachBy(this.#engine, request.senderCard);
    const { payload, upload } = await payloadOf(this.#engine, kit.bytes);
    const { groupId, nonce } = request;
    const { keys, device } = this.#engine.own();
    const entry: RejoinKit = {
      kind: "rejoin-kit",
      sender: keys.accountId,
      deviceId: device.deviceId,
      groupId,
      nonce,
      kit: payload,
      join: { logId: groupId, fromSeq: kit.fromSeq, chain: kit.chain },
      others: isMember ? [] : await this.#othersThere(log, sender),
    };
    const delivery = await prepareContactEntry(this.#engine, reach, entry, upload?.row.blob);
    this.#engine.write(() => {
      if (upload !== undefined) this.#engine.tables.uploads.add(upload.row, upload.ciphertext);
      this.#engine.tables.deliveries.add(delivery);
    });
    this.#engine.uploads.kick();
    this.#engine.deliveries.kick();
  }

  /**
   * Some of those who were in the group when this device left it, or lost its place: in that case this account first,
   * for it may come back. Others only for an account that was there then, and so knows of them: not for one that had
   * gone before they came. Their cards are those for fellow members, never a contact's.
   */
  async #othersThere(log: string, asking: string): Promise<readonly CompactCard[]> {
    const { chats, logs, people } = this.#engine.tables;
    const { account: own, groupCard } = this.#engine.own();
    const state = logs.get(log)?.state;
    const self = state === "lost" ? [await compactCard(this.#engine.crypto, groupCard)] : [];
    const members = (chats.get(log)?.group.members ?? []).map((member) => member.account);
    if ((state !== "left" && state !== "lost") || !members.includes(asking)) return self;
    const others = members.filter((account) => account !== asking && account !== own);
    const cards = others.flatMap((account) => people.get(account)?.reach ?? []).map((card) => decodeCard(card));
    const start = Math.floor(this.#engine.fraction() * cards.length);
    return [...self, ...cards.slice(start), ...cards.slice(0, start)].slice(0, contactLimits.helpersMax);
  }

  async #makeKit(log: string): Promise<Kit | undefined> {
    const row = this.#engine.tables.logs.get(log);
    const group = await this.#engine.healing.groupOf(log);
    // Who is on his way out helps as well: perhaps nobody else is there, who could let him go.
    if (row === undefined || !isFollowed(row.state) || group?.isActive !== true) return undefined;
    const { nextSeq: fromSeq, chain } = row;
    return { bytes: await groupInfoForRejoin(this.#engine.crypto, group), fromSeq, chain };
  }
}
