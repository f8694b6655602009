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
 *    it any more. When all who are known have said so, and none has given a way in, the chat ends as left.
 */
import { asId, isTransient, limits, ProtocolError, sameBytes, toHex } from "@rempart/protocol";
import { chainNext, decodeGroup, type RejoinKit, type RejoinRequest, rejoin, SessionError } from "@rempart/session";
import { reachMember } from "../contacts/reach.ts";
import { knownReach, prepareContactEntry, type Reach } from "../contacts/send-welcome.ts";
import { otherAccount, payloadBytes } from "../contacts/welcome.ts";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { newEntryId } from "../engine/identity.ts";
import type { Pump } from "../engine/pump.ts";
import { addUpload } from "../files/uploads.ts";
import { storedMembersOf } from "../groups/members.ts";
import { clientLimits } from "../limits.ts";
import { addNotice } from "../messages/notices.ts";
import type { CommitRow, RejoinPoint } from "../store/commits.ts";
import { isFollowed, type LogRow, logIdOf } from "../store/logs.ts";
import type { Rejoin, WelcomeBack } from "../store/rejoins.ts";

export class Healing {
  readonly #engine: Engine;
  readonly #pump: Pump;
  /** By the nonce of a question: the accounts that have answered that they cannot help. */
  readonly #refusals = new Map<string, Set<string>>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((log) => this.#work(log));
  }

  kickAll(): void {
    for (const { log } of this.#engine.tables.rejoins.all()) this.#pump.kick(log);
  }

  /** This device cannot follow the log any more. */
  lost(log: string): void {
    const { logs, commits, outbox, rejoins } = this.#engine.tables;
    const row = logs.get(log);
    if (row?.kind !== "group" || !isFollowed(row.state)) return;
    this.#engine.write(
      (changes) => {
        logs.setState(log, "lost");
        commits.unstage(log);
        outbox.unseal(log);
        // Whoever was on his way out has to come back in order to leave: others still count him.
        if (row.state === "leaving") this.#engine.groups.queueOwnLeave(log);
        const nonce = this.#engine.crypto.entropy.randomBytes(16);
        const startedAt = this.#engine.clock.now();
        rejoins.start({ log, nonce, startedAt, askedAt: 0, missingFrom: row.nextSeq });
        changes.chat(log);
      },
      () => this.#engine.sync.unfollow(log),
    );
    this.#pump.kick(log);
  }

  /** There is a group that this device should be in, and is not or no longer. Call it in a transaction. */
  missed({ log, helper, fromSeq: nextSeq, chain }: WelcomeBack): void {
    const { logs, rejoins } = this.#engine.tables;
    const none = asId("Capability", new Uint8Array(32));
    const keys = { readKey: none, writeKey: none, epoch: 0 };
    logs.put({ log, kind: "group", state: "lost", isCreated: true, nextSeq, chain, ...keys });
    const nonce = this.#engine.crypto.entropy.randomBytes(16);
    const startedAt = this.#engine.clock.now();
    rejoins.start({ log, nonce, startedAt, askedAt: 0, missingFrom: nextSeq, helper });
  }

  /** Entries up to `headSeq` are gone before this device read them, and nothing has come after them yet. */
  skip(log: string, headSeq: number): void {
    this.#engine.spawn(() =>
      this.#engine.lanes.run(log, async () => {
        const row = this.#engine.tables.logs.get(log);
        if (row === undefined || row.nextSeq > headSeq) return;
        this.#engine.write((changes) => {
          if (row.kind === "group") this.noteGap(row, headSeq + 1, changes);
          this.#engine.tables.logs.advance(log, { nextSeq: headSeq + 1, chain: new Uint8Array() });
        });
        this.#engine.sync.follow(log);
      }),
    );
  }

  /** Entries have expired before this device read them. Call it in a transaction. */
  noteGap(row: LogRow, nextKept: number, changes: Changes): void {
    const at = this.#engine.clock.now();
    addNotice(this.#engine, { log: row.log, seq: nextKept - 1, at, index: 13, notice: { kind: "gap" } }, changes);
    this.#engine.tables.logs.forgetChain(row.log);
    this.#engine.tables.outbox.settleBefore(row.log, nextKept);
    this.#engine.after(0, () => this.#engine.history.ask(row.log, row.nextSeq, nextKept - 1));
  }

  async #work(log: string): Promise<"again" | "idle"> {
    const pending = this.#engine.tables.rejoins.get(log);
    if (pending === undefined || !this.#engine.connection.isOnline) return "idle";
    const age = this.#engine.clock.now() - pending.startedAt;
    if (pending.helper !== undefined && age > clientLimits.missedGroupMs) {
      this.#end(log);
      return "idle";
    }
    const staged = this.#engine.tables.commits.staged(log);
    if (staged?.detail.rejoin !== undefined) return this.#send(staged, staged.detail.rejoin);
    // As long again as it has lasted already: the pauses double.
    const pauseMs = Math.max(clientLimits.rejoinRetryMs, pending.askedAt - pending.startedAt);
    const waitMs = pending.askedAt + Math.min(pauseMs, clientLimits.rejoinRetryMsMax) - this.#engine.clock.now();
    if (pending.askedAt !== 0 && waitMs > 0) {
      this.#engine.after(waitMs, () => this.#pump.kick(log));
      return "idle";
    }
    if (await this.#isRefused(pending)) {
      this.#end(log);
      return "idle";
    }
    await this.#ask(log, pending.nonce);
    return "again";
  }

  /** Whether everybody who could be asked has been, and has said that there is no help. */
  async #isRefused({ log, nonce, askedAt, helper }: Rejoin): Promise<boolean> {
    const isGroup = helper !== undefined || this.#engine.tables.chats.get(log)?.kind === "group";
    if (!isGroup || askedAt === 0) return false;
    const own = this.#engine.own().account;
    const asked = this.#accounts(log).filter((account) => account !== own && this.#isReachable(account));
    if (await this.#engine.devices.hasOthers()) asked.push(own);
    const refused = this.#refusals.get(toHex(nonce));
    return asked.every((account) => refused?.has(account) === true);
  }

  /** Nobody lets this device into the group. */
  #end(log: string): void {
    const { rejoins, commits, chats, logs } = this.#engine.tables;
    this.#engine.write(
      (changes) => {
        commits.unstage(log);
        rejoins.remove(log);
        // It may have been in the group before: then there is a history to keep.
        if (chats.get(log) === undefined) logs.remove(log);
        else this.#engine.groups.hasLeft(log, changes);
      },
      () => this.#engine.groups.hasGone(log),
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
    for (const reach of await this.#helpers(log)) {
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

  /** Own devices, and a few of the members whose contact log is known: others every time, since some may be away. */
  async #helpers(log: string): Promise<readonly Reach[]> {
    const own = this.#engine.own().account;
    const helper = this.#engine.tables.rejoins.get(log)?.helper;
    const known = this.#accounts(log).filter((account) => account !== own && this.#isReachable(account));
    const start = Math.floor(this.#engine.fraction() * known.length);
    const drawn = [...known.slice(start), ...known.slice(0, start)].slice(0, clientLimits.helpersMax);
    const reaches: Reach[] = [knownReach(this.#engine, own)];
    for (const account of new Set(helper === undefined || helper === own ? drawn : [helper, ...drawn])) {
      const reach = await reachMember(this.#engine, account);
      if (reach !== undefined) reaches.push(reach);
    }
    return reaches;
  }

  #isReachable(account: string): boolean {
    const person = this.#engine.tables.people.get(account);
    return person?.card !== undefined || person?.reach !== undefined;
  }

  /** Somebody has answered. Of several answers the first that works is used. */
  answered(kit: RejoinKit): void {
    const log = toHex(kit.groupId);
    const pending = this.#engine.tables.rejoins.get(log);
    if (pending === undefined || !sameBytes(pending.nonce, kit.nonce) || !this.#isFromMember(log, toHex(kit.sender)))
      return;
    if (kit.kit.kind === "inline" && kit.kit.bytes.length === 0) {
      const nonce = toHex(kit.nonce);
      this.#refusals.set(nonce, (this.#refusals.get(nonce) ?? new Set()).add(toHex(kit.sender)));
      return;
    }
    this.#engine.spawn(async () => {
      await this.#engine.lanes.run(log, () => this.#stage(log, kit));
      this.#pump.kick(log);
    });
  }

  #isFromMember(log: string, sender: string): boolean {
    if (sender === this.#engine.own().account) return true;
    return this.#accounts(log).includes(sender);
  }

  /** Who is in a group as far as this device knows. */
  #accounts(log: string): readonly string[] {
    const { chats, rejoins } = this.#engine.tables;
    const helper = rejoins.get(log)?.helper;
    const members = (chats.get(log)?.group.members ?? []).map((member) => member.account);
    return helper === undefined ? members : [...members, helper];
  }

  async #stage(log: string, kit: RejoinKit): Promise<void> {
    const { commits, logs } = this.#engine.tables;
    if (logs.get(log)?.state !== "lost" || commits.staged(log) !== undefined) return;
    try {
      const bytes = await payloadBytes(this.#engine, kit.kit);
      const made = await rejoin(this.#engine.crypto, { device: this.#engine.own().device, kit: bytes });
      if (!sameBytes(made.after.groupId, kit.groupId)) return;
      const upload = made.blob && toHex(made.blob.reference.blobId);
      const { fromSeq, chain } = kit.join;
      const row: CommitRow = {
        log,
        entryId: newEntryId(this.#engine.crypto),
        entry: made.entry,
        ...(upload !== undefined && { upload }),
        epoch: made.before.epoch,
        readAuth: made.next.readAuth,
        writeAuth: made.next.writeAuth,
        writeKey: made.before.writeKey,
        snapshot: made.write.bytes,
        detail: { welcomed: [], rejoin: { fromSeq, chain, readKey: made.before.readKey } },
      };
      this.#engine.write(() => {
        commits.stage(row);
        if (made.blob !== undefined) addUpload(this.#engine, made.blob);
      });
    } catch (error) {
      // A kit that does not work is no kit: another member's may.
      if (!(error instanceof SessionError)) throw error;
    }
  }

  async #send(row: CommitRow, point: RejoinPoint): Promise<"again" | "idle"> {
    const { commits, rejoins, uploads } = this.#engine.tables;
    if (row.upload !== undefined && uploads.has(row.upload)) {
      this.#engine.uploads.kick();
      return "idle";
    }
    try {
      const { seq, receivedAt } = await this.#engine.connection.request("append", {
        logId: logIdOf(row.log),
        writeKey: asId("Capability", row.writeKey),
        entryId: row.entryId,
        ifEpoch: row.epoch,
        next: { readAuth: asId("Auth", row.readAuth), writeAuth: asId("Auth", row.writeAuth) },
        bytes: row.entry,
      });
      const chain = await this.#chainUpTo(row.log, point, seq);
      await this.#engine.lanes.run(row.log, () => this.#back(row, { seq, receivedAt, chain }));
    } catch (error) {
      if (!(error instanceof ProtocolError) || isTransient(error.code)) throw error;
      // The group has moved on since the kit was made.
      this.#engine.write(() => {
        commits.unstage(row.log);
        rejoins.setAsked(row.log, 0);
      });
      return "again";
    }
    return "idle";
  }

  /** The chain hash after the own commit: entries since the kit are read for it, though they do not open. */
  async #chainUpTo(log: string, point: RejoinPoint, seq: number): Promise<Uint8Array> {
    let { fromSeq, chain } = point;
    const logId = logIdOf(log);
    const readKey = asId("Capability", point.readKey);
    while (fromSeq <= seq) {
      const limit = Math.min(limits.entriesPerFrameMax, seq - fromSeq + 1);
      const { entries } = await this.#engine.connection.request("read", { logId, readKey, fromSeq, limit });
      // Expired meanwhile: the chain starts anew, unknown.
      if (entries.length === 0 || entries[0]?.seq !== fromSeq) return new Uint8Array();
      for (const entry of entries) {
        chain = await chainNext(this.#engine.crypto, chain, entry);
        fromSeq = entry.seq + 1;
      }
    }
    return chain;
  }

  async #back(row: CommitRow, place: { seq: number; receivedAt: number; chain: Uint8Array }): Promise<void> {
    const { logs, groups, commits, rejoins, chats, outbox } = this.#engine.tables;
    const pending = rejoins.get(row.log);
    if (pending === undefined) return;
    const { log } = row;
    const { seq, receivedAt: at, chain } = place;
    const group = await decodeGroup(this.#engine.crypto, { snapshot: row.snapshot, deltas: [] });
    const isNew = chats.get(log) === undefined && group.policy.kind !== "self";
    // Members have heard of this account, but not from it.
    const greeting = isNew ? await this.#engine.selfSync.composeProfile(log, group.policy.kind) : undefined;
    this.#engine.write(
      (changes) => {
        logs.forgetChain(log);
        logs.put({ log, kind: "group", state: "active", isCreated: true, nextSeq: seq + 1, chain, ...group.keys });
        groups.write(log, [{ kind: "snapshot", bytes: row.snapshot }]);
        commits.unstage(log);
        rejoins.remove(log);
        outbox.settleBefore(log, seq + 1);
        chats.unwarn(log, "ERR_OUT_OF_STEP");
        if (isNew) {
          const other = otherAccount(this.#engine, group);
          this.#engine.groups.addChat({ log, group, at, ...(other !== undefined && { other }) }, changes);
        } else chats.setGroup(log, group.policy.name, storedMembersOf(group));
        if (greeting !== undefined) this.#engine.outbox.add(log, { content: greeting });
        // Who was out, and was welcomed back, has joined anew.
        const kind = isNew || pending.helper === undefined ? "rejoined" : "joined";
        addNotice(this.#engine, { log, seq, at, index: 12, notice: { kind } }, changes);
        changes.chat(log);
      },
      () => this.#engine.groupCache.set(log, group),
    );
    this.#engine.sync.follow(log);
    if (seq > pending.missingFrom) this.#engine.history.ask(log, pending.missingFrom, seq - 1);
  }
}
