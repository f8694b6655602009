/** Founding, leaving and finding groups. */
import { asId, authOf, type LogId, ProtocolError, toHex } from "@rempart/protocol";
import { chainStart, createGroup, type Group, type GroupPolicy, type SuiteName } from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import { ClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";
import { mergedOffset } from "../messages/place.ts";
import type { ChatRow } from "../store/chats.ts";
import type { NewMember } from "../store/commits.ts";
import { isGone, logIdOf } from "../store/logs.ts";
import { storedMembersOf } from "./members.ts";

export interface NewGroup {
  readonly policy: GroupPolicy;
  readonly suite: SuiteName;
  readonly members: readonly NewMember[];
  /** The other account of a direct group. */
  readonly other?: string;
  /** What the link called that account; counts while nothing better is known. */
  readonly otherName?: string;
  /** Id of its log; drawn at random unless it is given. */
  readonly groupId?: LogId;
}

export class Groups {
  readonly #engine: Engine;
  /** Creates logs on the server. */
  readonly #pump: Pump;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((log) => this.#create(log));
  }

  /** Founds a group, durably on this device; its log, its members and their welcomes follow by themselves. */
  async found(group: NewGroup): Promise<string> {
    const { policy, suite, members, other, otherName = "" } = group;
    const { device } = this.#engine.own();
    const groupId = group.groupId ?? asId("LogId", this.#engine.crypto.entropy.randomBytes(16));
    const made = await createGroup(this.#engine.crypto, { device, groupId, suite, policy });
    const log = toHex(groupId);
    this.#engine.write(
      (changes) => {
        this.addLog(log, made.group);
        this.#engine.tables.groups.write(log, [made.write]);
        const at = this.#engine.clock.now();
        if (other !== undefined) this.#engine.tables.people.learnName(other, otherName);
        this.addChat({ log, group: made.group, at, ...(other !== undefined && { other }) }, changes);
        if (members.length > 0) this.#engine.tables.commits.wish(log, { kind: "add", members });
      },
      () => this.#engine.groupCache.set(log, made.group),
    );
    this.create(log);
    return log;
  }

  /** A log of a new group. Call it in a transaction, and `create` after it. */
  addLog(log: string, group: Group): void {
    const { readKey, writeKey, epoch } = group.keys;
    const row = { log, kind: "group", state: "active", isCreated: false, nextSeq: 1, chain: chainStart } as const;
    this.#engine.tables.logs.put({ ...row, readKey, writeKey, epoch });
  }

  /** Creates a log on the server, as soon as there is a connection. */
  create(log: string): void {
    this.#pump.kick(log);
  }

  createAll(): void {
    for (const row of this.#engine.tables.logs.inState("active")) if (!row.isCreated) this.create(row.log);
  }

  async #create(log: string): Promise<"again" | "idle"> {
    const row = this.#engine.tables.logs.get(log);
    if (row === undefined || row.isCreated || !this.#engine.connection.isOnline) return "idle";
    const { readKey, writeKey } = row;
    try {
      const auths = { readAuth: authOf(readKey), writeAuth: authOf(writeKey) };
      await this.#engine.connection.request("create", {
        logId: logIdOf(log),
        ...auths,
        policy: { retentionSeconds: 0 },
      });
    } catch (error) {
      // Made by an attempt whose answer was lost: the id is ours alone.
      if (!(error instanceof ProtocolError) || error.code !== "ERR_EXISTS") throw error;
    }
    this.#engine.write(() => this.#engine.tables.logs.setCreated(log));
    this.#engine.sync.follow(log);
    return "idle";
  }

  /** The chat of a log, as lists show it. Call it in a transaction. */
  addChat(
    chat: { readonly log: string; readonly group: Group; readonly other?: string; readonly at: number },
    changes: Changes,
  ): void {
    const { log, group, other, at } = chat;
    const { chats } = this.#engine.tables;
    const old = chats.get(log);
    chats.put({
      chat: log,
      kind: group.policy.kind === "direct" ? "direct" : "group",
      ...(other !== undefined && { other }),
      ...(old?.shownAs !== undefined && { shownAs: old.shownAs }),
      title: group.policy.name,
      group: storedMembersOf(group),
      suite: group.suite,
      joinedAt: old?.joinedAt ?? at,
      lastAt: Math.max(old?.lastAt ?? 0, at),
      readOrder: old?.readOrder ?? 0,
      draft: old?.draft ?? "",
      isDeleted: false,
    });
    if (other !== undefined) {
      this.#engine.contacts.met(other, at, changes);
      this.#converge(other, changes);
    }
    changes.chat(log);
  }

  /**
   * Two people who add each other at once make two chats, and so do those who have both lost the one that they had.
   * Both sides go on in the one of the lowest id, and show what came in the other before it; the other's log stays
   * open, for what is still on its way there.
   */
  #converge(other: string, changes: Changes): void {
    const { chats, logs, messages } = this.#engine.tables;
    const rows = chats.directWith(other).filter((row) => !isGone(logs.get(row.chat)?.state));
    const winner = rows.map((row) => row.chat).sort()[0];
    if (winner === undefined || rows.length < 2) return;
    for (const row of rows) {
      if (row.chat === winner || row.shownAs === winner) continue;
      chats.setShownAs(row.chat, winner);
      messages.merge(row.chat, winner, mergedOffset(row.chat));
      if (row.draft !== "") chats.setDraft(winner, row.draft);
      changes.chat(row.chat);
    }
    changes.chat(winner);
  }

  /** The log of the chat that took the place of one in which this device can say nothing: it has lost its place there. */
  successor(log: string): string | undefined {
    const { chats, logs } = this.#engine.tables;
    return logs.get(log)?.state === "lost" ? chats.get(log)?.shownAs : undefined;
  }

  /** The chat that is used with an account, or `undefined`. */
  directChat(account: string): string | undefined {
    const { chats, logs } = this.#engine.tables;
    const rows = chats.directWith(account).filter((row) => !isGone(logs.get(row.chat)?.state));
    return rows.find((row) => row.shownAs === undefined)?.chat ?? rows[0]?.chat;
  }

  /** The chat in whose place another may be shown. */
  shownAs(chat: string): string {
    return this.#engine.tables.chats.get(chat)?.shownAs ?? chat;
  }

  /** The chat by its id, or by that of one whose place it took. Throws `ERR_NOT_FOUND`. */
  chatRow(chat: string): ChatRow {
    const row = this.#engine.tables.chats.get(this.shownAs(chat));
    if (row === undefined) throw new ClientError("ERR_NOT_FOUND", "there is no such chat");
    return row;
  }

  /** The chat, if something can be done in it. Throws `ERR_INACTIVE`. */
  activeChat(chat: string): ChatRow {
    const row = this.chatRow(chat);
    if (isGone(this.#engine.tables.logs.get(row.chat)?.state)) {
      throw new ClientError("ERR_INACTIVE", "this chat was left, nothing can be changed in it");
    }
    return row;
  }

  /** Waits until a chat's members have been told of it, or for `settleTimeoutMs`. */
  async settled(chat: string): Promise<void> {
    const { commits, deliveries } = this.#engine.tables;
    let isOver = false;
    const cancel = this.#engine.after(clientLimits.settleTimeoutMs, () => {
      isOver = true;
      this.#engine.waiters.changed();
    });
    const isSettled = () => commits.intentions(chat).length === 0 && deliveries.countFor(chat) === 0;
    try {
      await this.#engine.waiters.until(() => (isOver || isSettled() ? true : undefined));
    } finally {
      cancel();
    }
  }
}
