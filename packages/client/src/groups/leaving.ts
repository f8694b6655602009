/** Leaving groups: an account goes with all of its devices, and others have to commit that. */
import { toHex } from "@rempart/protocol";
import type { Group } from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { newEntryId } from "../engine/identity.ts";
import { ClientError } from "../errors.ts";
import { isGone } from "../store/logs.ts";

export class Leaving {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Queues this account's leave: a proposal for each of its devices, this one last. */
  async leave(chat: string): Promise<void> {
    const row = this.#engine.groups.activeChat(chat);
    if (row.kind === "direct") throw new ClientError("ERR_ARGUMENT", "a one-to-one chat cannot be left, only a group");
    const log = row.chat;
    // A sibling that is taken out may have taken others in before: whether anybody is left is asked after each.
    while (!(await this.#isLeft(log))) await this.#takeOutSibling(log);
    this.#engine.outbox.kick(log);
    const { logs, outbox } = this.#engine.tables;
    // Whoever is taken in again at once has left all the same.
    await this.#engine.waiters.until(() => (isGone(logs.get(log)?.state) || !outbox.isLeaving(log) ? true : undefined));
  }

  /** Leaves a group or queues the leave, unless nobody is there but siblings: nobody could commit it then. */
  async #isLeft(log: string): Promise<boolean> {
    const { account } = this.#engine.own();
    return this.#engine.lanes.run(log, async () => {
      const group = await this.#engine.groupCache.get(log);
      if (group === undefined) throw new ClientError("ERR_INACTIVE", "this device is not in the group");
      if (group.members.some((member) => toHex(member.accountId) !== account)) {
        this.#engine.write(() => this.queueLeave(log, group));
        return true;
      }
      if (group.members.length > 1) return false;
      this.#engine.write(
        (changes) => this.hasLeft(log, changes),
        () => this.hasGone(log),
      );
      return true;
    });
  }

  async #takeOutSibling(log: string): Promise<void> {
    const group = await this.#engine.lanes.run(log, () => this.#engine.groupCache.get(log));
    const sibling = group?.members.find(({ leafIndex }) => leafIndex !== group.self.leafIndex);
    if (sibling === undefined) return;
    await this.#engine.commits.fulfil(log, { kind: "remove-device", device: toHex(sibling.deviceId) });
    if (this.#engine.tables.commits.intentions(log).length > 0) {
      throw new ClientError("ERR_OFFLINE", "the other devices of this account could not be told yet: try again later");
    }
  }

  /** A proposal for each device of this account that is in the group, this one's last. Call it in a transaction. */
  queueLeave(log: string, group: Group): void {
    if (this.#engine.tables.outbox.isLeaving(log)) return;
    const { account, device } = this.#engine.own();
    const own = toHex(device.deviceId);
    const devices = group.members.filter((member) => toHex(member.accountId) === account).map((m) => m.deviceId);
    devices.sort((a, b) => Number(toHex(a) === own) - Number(toHex(b) === own));
    for (const content of devices) this.#addLeave(log, content);
  }

  /** The proposal for this device alone. Call it in a transaction. */
  queueOwnLeave(log: string): void {
    this.#addLeave(log, this.#engine.own().device.deviceId);
  }

  #addLeave(log: string, content: Uint8Array): void {
    this.#engine.tables.outbox.add({ log, kind: "leave", entryId: newEntryId(this.#engine.crypto), content });
  }

  /**
   * This device's leave is durable: for the person the chat is over. The log is followed on, because a commit
   * that was made before it saw the proposal drops it, and then it has to be made again. That may be an own one that
   * is on its way: whom it adds has to be welcomed. Call it in a transaction.
   */
  isLeaving(log: string, changes: Changes): void {
    this.#engine.tables.logs.setState(log, "leaving");
    this.#engine.tables.commits.forgetIntentions(log);
    this.#giveUp(log, changes);
  }

  /** This device is out of a group. Call it in a transaction. */
  hasLeft(log: string, changes: Changes): void {
    this.#engine.tables.logs.setState(log, "left");
    // Keys of a group that this device is no longer in are worth nothing but to a thief.
    this.#engine.tables.groups.remove(log);
    this.#engine.tables.commits.abandon(log);
    this.#giveUp(log, changes);
    // A Welcome from after this departure was read before it.
    const welcome = this.#engine.tables.rejoins.takeWelcome(log);
    const nextSeq = this.#engine.tables.logs.get(log)?.nextSeq ?? 0;
    if (welcome !== undefined && welcome.fromSeq > nextSeq) this.#engine.healing.missed(welcome);
  }

  /** Brings memory up to date after {@link hasLeft}. */
  hasGone(log: string): void {
    this.#engine.groupCache.drop(log);
    this.#engine.sync.unfollow(log);
    this.#engine.healing.kickAll();
  }

  /** What was queued for the group can never be sent. */
  #giveUp(log: string, changes: Changes): void {
    const { outbox, messages, rejoins, receipts } = this.#engine.tables;
    for (const message of outbox.abandon(log)) {
      if (messages.get(message)?.state === "queued") messages.setState(message, "failed", "ERR_INACTIVE");
      changes.message(message);
    }
    rejoins.remove(log);
    receipts.forget(log);
    changes.chat(log);
  }
}
