/**
 * Helping other devices back into groups that this one is in: what `healing` asks for, given to those who still
 * have their leaf, and to nobody else. Others who were members are told that there is no help from here, because
 * they are out of the group or this device is: or they would ask for ever.
 */
import { sameBytes, toHex } from "@rempart/protocol";
import { groupInfoForRejoin, type RejoinKit, type RejoinRequest } from "@rempart/session";
import { reachBy } from "../contacts/reach.ts";
import { knownReach, payloadOf, prepareContactEntry } from "../contacts/send-welcome.ts";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import { HelpAllowance } from "./allowance.ts";

interface Kit {
  readonly bytes: Uint8Array;
  /** Where the group stands in its log. */
  readonly fromSeq: number;
  readonly chain: Uint8Array;
}

/** Says that there is no way back from here. */
const noKit: Kit = { bytes: new Uint8Array(), fromSeq: 1, chain: new Uint8Array(32) };

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
    if (isOwn && !isMember && log === this.#engine.tables.meta.get("selfGroup")) {
      this.#engine.devices.admit(toHex(request.deviceId));
      return;
    }
    if (!isMember && !(await this.#isOver(log, request))) return;
    if (!this.#allowance.take(toHex(request.sender))) return;
    // Devices of the account itself first: strangers' help costs everyone an entry.
    const delayMs = this.#engine.fraction() * clientLimits.helpDelayMsMax * (isOwn ? 0.2 : 1);
    this.#engine.after(delayMs, () => this.#engine.spawn(() => this.#help(log, request)));
  }

  async #isMember(log: string, request: RejoinRequest): Promise<boolean> {
    if (this.#engine.tables.logs.get(log)?.state !== "active") return false;
    const group = await this.#engine.lanes.run(log, () => this.#engine.groupCache.get(log));
    return (
      group?.members.some(
        (member) => sameBytes(member.accountId, request.sender) && sameBytes(member.deviceId, request.deviceId),
      ) === true
    );
  }

  /** Whether the asking account was in a group with this one, and one of the two has gone from it. */
  async #isOver(log: string, { sender }: RejoinRequest): Promise<boolean> {
    const { chats, logs, messages } = this.#engine.tables;
    const state = logs.get(log)?.state;
    const chat = chats.get(log);
    if (chat?.kind !== "group" || (state !== "left" && state !== "active")) return false;
    const account = toHex(sender);
    const isNamed = messages
      .notices(log)
      .some(({ notice }) => (notice.kind === "removed" || notice.kind === "left") && notice.accounts.includes(account));
    if (!isNamed && !chat.group.members.some((member) => member.account === account)) return false;
    if (state === "left") return true;
    const group = await this.#engine.lanes.run(log, () => this.#engine.groupCache.get(log));
    const isThere = group?.members.some((member) => sameBytes(member.accountId, sender)) !== false;
    return !isThere && this.#engine.sync.isSynced(log);
  }

  async #help(log: string, request: RejoinRequest): Promise<void> {
    const isMember = await this.#isMember(log, request);
    if (!isMember && !(await this.#isOver(log, request))) return;
    const kit = isMember ? await this.#engine.lanes.run(log, () => this.#makeKit(log)) : noKit;
    if (kit === undefined) return;
    const sender = toHex(request.sender);
    const isOwn = sender === this.#engine.own().account;
    const reach = isOwn ? knownReach(this.#engine, sender) : await reachBy(this.#engine, request.senderCard);
    const { payload, upload } = await payloadOf(this.#engine, kit.bytes);
    const { groupId, nonce } = request;
    const entry: RejoinKit = {
      kind: "rejoin-kit",
      sender: this.#engine.own().keys.accountId,
      groupId,
      nonce,
      kit: payload,
      join: { logId: groupId, fromSeq: kit.fromSeq, chain: kit.chain },
    };
    const delivery = await prepareContactEntry(this.#engine, reach, entry, upload?.row.blob);
    this.#engine.write(() => {
      if (upload !== undefined) this.#engine.tables.uploads.add(upload.row, upload.ciphertext);
      this.#engine.tables.deliveries.add(delivery);
    });
    this.#engine.uploads.kick();
    this.#engine.deliveries.kick();
  }

  async #makeKit(log: string): Promise<Kit | undefined> {
    const row = this.#engine.tables.logs.get(log);
    const group = await this.#engine.groupCache.get(log);
    if (row?.state !== "active" || group?.isActive !== true) return undefined;
    const chain = row.chain.length > 0 ? row.chain : new Uint8Array(32);
    return { bytes: await groupInfoForRejoin(this.#engine.crypto, group), fromSeq: row.nextSeq, chain };
  }
}
