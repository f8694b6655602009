/**
 * The way back for a device that has fallen out of its group: a lost or damaged state, a restored backup,
 * a commit that it could not follow.
 *
 * 1. A lost group is durable as such: nothing is sealed or opened in it until this device is back.
 * 2. Own devices and members, contacts or not, are asked in their contact logs for what an external commit needs;
 *    again after a while, until one answers.
 * 3. The external commit is staged before it is sent, like every commit. When the group has moved on
 *    meanwhile, it is dropped and a newer kit is asked for.
 * 4. Back inside, what was missed is asked for in the group itself (`history`).
 * 5. Who was asked may answer that there is no help, because he has left the group himself or this account is not in
 *    it any more; who has left says whom to ask instead. When all who are known have said so, and none has given a way
 *    in, the chat ends as left; a while later if some are still in the group, but have lost their place themselves.
 *    The group of the own devices does not end: it is founded anew. So is a one-to-one chat; its old log is asked for
 *    on for a day, since an absent device may still be there.
 */
import { asId, sameBytes, toHex } from "@rempart/protocol";
import { type CompactCard, type Group, type RejoinKit, type RejoinRequest, SessionError } from "@rempart/session";
import { prepareContactEntry } from "../contacts/send-welcome.ts";
import { refound } from "../devices/self-group.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import { ClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";
import { addNotice } from "../messages/notices.ts";
import { sayAgain } from "../outbox/say-again.ts";
import type { ChatRow } from "../store/chats.ts";
import { isFollowed, type LogRow, logIdOf } from "../store/logs.ts";
import type { Rejoin, WelcomeBack } from "../store/rejoins.ts";
import { Helpers } from "./helpers.ts";
import { WayBack } from "./way-back.ts";

export class Healing {
  readonly #engine: Engine;
  readonly #pump: Pump;
  readonly #helpers: Helpers;
  readonly #wayBack: WayBack;
  /** By log: takes back the next look at it. */
  readonly #timers = new Map<string, () => void>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#helpers = new Helpers(engine);
    this.#wayBack = new WayBack(engine, ({ nonce }) => this.#helpers.forget(nonce));
    this.#pump = engine.pump((log) => this.#work(log));
  }

  kickAll(): void {
    for (const { log } of this.#engine.tables.rejoins.all()) this.#pump.kick(log);
    this.#engine.lateWelcomes.kickAll();
  }

  /**
   * The group of a log that this device follows; `undefined` when its state is gone or damaged: then it has lost its place.
   * Call it in the log's lane.
   */
  async groupOf(log: string): Promise<Group | undefined> {
    try {
      const group = await this.#engine.groupCache.get(log);
      if (group !== undefined) return group;
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
    }
    this.lost(log);
    return undefined;
  }

  /** This device cannot follow the log any more. */
  lost(log: string): void {
    const { logs, commits, outbox, rejoins } = this.#engine.tables;
    const row = logs.get(log);
    if (row?.kind !== "group" || !isFollowed(row.state)) return;
    this.#engine.write(
      (changes) => {
        logs.setState(log, "lost");
        const staged = commits.staged(log);
        if (staged !== undefined) this.#engine.lateWelcomes.keep(row, staged);
        commits.unstage(log);
        outbox.unseal(log);
        // Whoever was on his way out has to come back in order to leave: others still count him.
        if (row.state === "leaving") this.#engine.leaving.queueOwnLeave(log);
        const nonce = this.#engine.crypto.entropy.randomBytes(16);
        const startedAt = this.#engine.clock.now();
        rejoins.start({ log, nonce, startedAt, askedAt: 0, missingFrom: row.nextSeq });
        changes.chat(log);
      },
      () => this.#engine.sync.unfollow(log),
    );
    this.#pump.kick(log);
    this.#engine.lateWelcomes.kickAll();
  }

  /** There is a group that this device should be in, and is not or no longer. Call it in a transaction. */
  missed({ log, helper, fromSeq: nextSeq, chain }: WelcomeBack): void {
    const { logs, rejoins } = this.#engine.tables;
    const none = asId("Capability", new Uint8Array(32));
    const keys = { readKey: none, writeKey: none, epoch: 0 };
    logs.put({ log, kind: "group", state: "lost", isCreated: true, nextSeq, chain, ...keys });
    const nonce = this.#engine.crypto.entropy.randomBytes(16);
    const startedAt = this.#engine.clock.now();
    // Where a sibling was before, this account was: what it has of the past is for this device too.
    const missingFrom = helper === this.#engine.own().account ? 1 : nextSeq;
    rejoins.start({ log, nonce, startedAt, askedAt: 0, missingFrom, helper });
  }

  /** These accounts may be in a group that this device is out of step with: who is new is asked at once. Call it in a transaction. */
  noteHelpers(log: string, cards: readonly CompactCard[]): void {
    if (this.#helpers.note(log, cards)) this.#engine.tables.rejoins.setAsked(log, 0);
  }

  /** Entries up to `headSeq` are gone before this device read them, and nothing has come after them yet. */
  skip(log: string, headSeq: number): void {
    this.#engine.spawn(() =>
      this.#engine.lanes.run(log, async () => {
        const row = this.#engine.tables.logs.get(log);
        if (row === undefined || row.nextSeq > headSeq) return;
        this.#engine.write((changes) => {
          if (row.kind === "group") this.noteGap(row, headSeq + 1, changes);
          else this.#engine.contactGaps.missed(log, { fromSeq: row.nextSeq, toSeq: headSeq });
          this.#engine.tables.logs.advance(log, { nextSeq: headSeq + 1, chain: new Uint8Array() });
        });
        this.#engine.sync.follow(log);
      }),
    );
  }

  /** Entries have expired before this device read them. Call it in a transaction. */
  noteGap(row: LogRow, nextKept: number, changes: Changes): void {
    const at = this.#engine.clock.now();
    // A commit in it would have put this device out of step: they are whom it knows.
    const members = this.#engine.tables.chats.get(row.log)?.group.members.map(({ account }) => account) ?? [];
    const notice = { kind: "gap" } as const;
    addNotice(this.#engine, { log: row.log, seq: nextKept - 1, at, index: 13, notice, members }, changes);
    this.#engine.tables.logs.forgetChain(row.log);
    this.#engine.tables.outbox.settleBefore(row.log, nextKept);
    this.#engine.history.missed(row.log, { fromSeq: row.nextSeq, toSeq: nextKept - 1 });
  }

  async #work(log: string): Promise<"again" | "idle"> {
    const pending = this.#engine.tables.rejoins.get(log);
    if (pending === undefined || !this.#engine.connection.isOnline) return "idle";
    const now = this.#engine.clock.now();
    const age = now - pending.startedAt;
    if (age < 0) {
      // The clock was set back: patience must not last longer for it.
      this.#engine.write(() => this.#engine.tables.rejoins.setStarted(log, now));
      return "again";
    }
    const isSelf = log === this.#engine.tables.meta.get("selfGroup");
    const chat = this.#engine.tables.chats.get(log);
    const isMissed = pending.helper !== undefined || chat?.shownAs !== undefined;
    if (!isSelf && isMissed && age > clientLimits.missedGroupMs) {
      this.#end(pending);
      return "idle";
    }
    const staged = this.#engine.tables.commits.staged(log);
    if (staged?.detail.rejoin !== undefined) return this.#wayBack.send(staged, staged.detail.rejoin);
    let moreMs = 0;
    if (!isSelf && (await this.#helpers.haveAllRefused(pending))) {
      if (chat?.kind !== "direct") {
        this.#end(pending);
        return "idle";
      }
      moreMs = await this.#goOnElsewhere(chat, pending);
    }
    const waitMs = this.#waitMs(pending);
    if (waitMs > 0) {
      this.#kickAfter(log, moreMs > 0 ? Math.min(moreMs, waitMs) : waitMs);
      return "idle";
    }
    if (isSelf && (await this.#helpers.isSelfGroupDead(pending))) {
      await this.#engine.lanes.run(log, () => refound(this.#engine, log));
      // One that is welcomed into the old one meanwhile would not ask.
      for (const device of this.#helpers.siblingsWhoAnswered(pending.nonce)) this.#engine.devices.admit(device);
      return "idle";
    }
    await this.#ask(log, pending.nonce);
    return "again";
  }

  /** One look at a time is planned for each log. */
  #kickAfter(log: string, delayMs: number): void {
    this.#timers.get(log)?.();
    this.#timers.set(
      log,
      this.#engine.after(delayMs, () => this.#pump.kick(log)),
    );
  }

  /** Until others are asked again; or, if that is earlier, until it is over if nobody helps. */
  #waitMs({ askedAt, startedAt }: Rejoin): number {
    if (askedAt === 0) return 0;
    const now = this.#engine.clock.now();
    // As long again as it has lasted already: the pauses double.
    const lastedMs = Math.max(clientLimits.rejoinRetryMs, askedAt - startedAt);
    const pauseMs = Math.min(lastedMs, clientLimits.rejoinRetryMsMax);
    // A clock that was set back must not make it longer.
    const waitMs = Math.min(askedAt + pauseMs - now, pauseMs);
    const patienceMs = startedAt + clientLimits.allLostMs - now;
    return patienceMs > 0 ? Math.min(waitMs, patienceMs) : waitMs;
  }

  /** Nobody lets this device into a one-to-one chat. Answers how long to wait before there is more to do. */
  async #goOnElsewhere(chat: ChatRow, { log, nonce, startedAt, missingFrom: fromSeq }: Rejoin): Promise<number> {
    if (chat.shownAs === undefined) {
      const turn = await this.#helpers.turn(nonce, chat.other ?? "");
      const waitMs = startedAt + clientLimits.allLostMs + turn * clientLimits.rejoinRetryMs - this.#engine.clock.now();
      if (waitMs > 0) return waitMs;
      await this.#startAnew(chat);
    }
    if (this.#engine.groups.successor(log) === undefined) return 0;
    const answeredAt = this.#askForAll(log, fromSeq);
    // What is queued may be out already: whoever has it says so, and another device of his a little later.
    const patienceMs = 2 * clientLimits.helpDelayMsMax;
    const waitMs = answeredAt === undefined ? patienceMs : answeredAt + patienceMs - this.#engine.clock.now();
    if (waitMs > 0) return waitMs;
    await sayAgain(this.#engine, log);
    return 0;
  }

  /**
   * What was said in a log whose end nobody can tell is asked for. Answers when the other account last told something of
   * it: `undefined` before that, and long ago when it has been asked often enough.
   */
  #askForAll(log: string, fromSeq: number): number | undefined {
    const toSeq = Number.MAX_SAFE_INTEGER;
    const gap = this.#engine.tables.gaps.of(log).find((each) => each.toSeq === toSeq);
    if (gap !== undefined) {
      const isOver = gap.tries >= clientLimits.historyTriesMax;
      return this.#engine.history.answeredAt(gap.request) ?? (isOver ? 0 : undefined);
    }
    this.#engine.write(() => this.#engine.history.missed(log, { fromSeq, toSeq }));
    this.#engine.history.kick(log);
    return undefined;
  }

  async #startAnew(chat: ChatRow): Promise<void> {
    try {
      await this.#engine.contacts.startAnew(chat);
    } catch (error) {
      // The other account has no device at present: it is tried again when it is asked again.
      if (!(error instanceof ClientError) || error.code !== "ERR_NO_KEY_PACKAGE") throw error;
    }
  }

  /** Nobody lets this device into the group. */
  #end({ log, nonce }: Rejoin): void {
    const { rejoins, commits, chats, logs } = this.#engine.tables;
    this.#helpers.forget(nonce);
    this.#engine.write(
      (changes) => {
        commits.unstage(log);
        rejoins.remove(log);
        // It may have been in the group before: then there is a history to keep.
        if (chats.get(log) === undefined) logs.remove(log);
        else this.#engine.leaving.hasLeft(log, changes);
      },
      () => this.#engine.leaving.hasGone(log),
    );
  }

  async #ask(log: string, nonce: Uint8Array): Promise<void> {
    const { keys, groupCard, device } = this.#engine.own();
    const request: RejoinRequest = {
      kind: "rejoin-request",
      sender: keys.accountId,
      senderCard: groupCard,
      deviceId: device.deviceId,
      groupId: logIdOf(log),
      nonce,
    };
    for (const reach of await this.#helpers.toAsk(log)) {
      const delivery = await prepareContactEntry(this.#engine, reach, request);
      this.#engine.write(() => this.#engine.tables.deliveries.add(delivery));
    }
    this.#engine.write((changes) => {
      const { rejoins, chats } = this.#engine.tables;
      const now = this.#engine.clock.now();
      // Nobody has answered the first time: the person should know why nothing moves.
      if (rejoins.get(log)?.askedAt !== 0) chats.warn(log, "ERR_OUT_OF_STEP", now);
      rejoins.setAsked(log, now);
      changes.chat(log);
    });
    this.#engine.deliveries.kick();
  }

  /** Somebody has answered. Of several answers the first that works is used. */
  answered(kit: RejoinKit): void {
    const log = toHex(kit.groupId);
    const pending = this.#engine.tables.rejoins.get(log);
    if (pending === undefined && !isRefusal(kit)) this.#engine.devices.isInAlready(kit);
    if (pending === undefined || !sameBytes(pending.nonce, kit.nonce)) return;
    if (!this.#helpers.mayAnswer(log, toHex(kit.sender))) return;
    if (isRefusal(kit)) {
      this.#refused(log, kit);
      return;
    }
    this.#engine.spawn(async () => {
      await this.#engine.lanes.run(log, () => this.#wayBack.stage(log, kit));
      this.#pump.kick(log);
    });
  }

  #refused(log: string, kit: RejoinKit): void {
    this.#engine.write(() => {
      this.#helpers.refused(kit);
      this.noteHelpers(log, kit.others);
    });
    this.#pump.kick(log);
  }
}

/** An answer that there is no help. */
function isRefusal({ kit }: RejoinKit): boolean {
  return kit.kind === "inline" && kit.bytes.length === 0;
}
