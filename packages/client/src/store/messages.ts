/** What chats show: messages, notices between them, reactions on them. */
import type { BlobReference } from "@rempart/session";
import type { MessageState, NoticeView } from "../api.ts";
import type { Store } from "../ports.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { orNull, type Row, rowOf, rowsOf } from "./row.ts";

/** A notice names accounts; views turn them into names. */
export type StoredNotice = NoticeView extends infer N
  ? N extends { readonly names: readonly string[] }
    ? Omit<N, "names"> & { readonly accounts: readonly string[] }
    : N
  : never;

export interface StoredFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly blob: BlobReference;
}

export interface MessageDetail {
  readonly notice?: StoredNotice;
  /** Of a notice behind which this device reads on: the accounts that are members from there. */
  readonly members?: readonly string[];
  readonly file?: StoredFile;
}

export interface PlacedNotice extends Pick<MessageDetail, "members"> {
  readonly seq: number;
  readonly notice: StoredNotice;
}

export interface MessageRow {
  readonly message: string;
  readonly chat: string;
  readonly log: string;
  /** 0 until it is in the log. */
  readonly seq: number;
  readonly order: number;
  readonly sender: string;
  readonly at: number;
  readonly state: MessageState;
  readonly error?: string;
  readonly kind: "text" | "file" | "notice" | "unsupported";
  readonly text: string;
  readonly replyTo?: string;
  readonly editedAt?: number;
  readonly isDeleted: boolean;
  readonly isOwn: boolean;
  readonly detail: MessageDetail;
}

export interface StoredReaction {
  readonly target: string;
  readonly account: string;
  readonly emoji: string;
  /** The reaction's own id. */
  readonly message: string;
}

/** Queued messages stand after all that is in the log. */
export const queuedOrderBase = 2 ** 50;

export class MessageTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(message: string): MessageRow | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM messages WHERE message = ?", message)[0]);
    return row && messageOf(row);
  }

  /** Adds a message unless it is there; answers whether it was added. */
  add(row: MessageRow): boolean {
    const changed = this.#store.run(
      `INSERT OR IGNORE INTO messages
       (message, chat, log, seq, ord, sender, at, state, error, kind, text, reply_to, edited_at, is_deleted, is_own, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.message,
      row.chat,
      row.log,
      row.seq,
      row.order,
      row.sender,
      row.at,
      row.state,
      orNull(row.error),
      row.kind,
      row.text,
      orNull(row.replyTo),
      orNull(row.editedAt),
      row.isDeleted ? 1 : 0,
      row.isOwn ? 1 : 0,
      encodeJson(row.detail),
    );
    return changed > 0;
  }

  /** The order for a message that is queued now: above all that are, in the order of their rows. */
  nextQueuedOrder(): number {
    const last = rowOf(this.#store.all("SELECT MAX(rowid) AS last FROM messages")[0])?.numberOrNone("last") ?? 0;
    return queuedOrderBase + last + 1;
  }

  place(message: string, place: { readonly seq: number; readonly order: number; readonly at: number }): void {
    this.#store.run(
      "UPDATE messages SET seq = ?, ord = ?, at = ? WHERE message = ?",
      place.seq,
      place.order,
      place.at,
      message,
    );
  }

  setState(message: string, state: MessageState, error?: string): void {
    this.#store.run("UPDATE messages SET state = ?, error = ? WHERE message = ?", state, orNull(error), message);
  }

  edit(message: string, text: string, at: number): void {
    this.#store.run("UPDATE messages SET text = ?, edited_at = ? WHERE message = ?", text, at, message);
  }

  delete(message: string): void {
    this.#store.run(
      "UPDATE messages SET text = '', detail = '{}', is_deleted = 1, edited_at = NULL WHERE message = ?",
      message,
    );
    this.#store.run("DELETE FROM reactions WHERE target = ?", message);
    this.#store.run("DELETE FROM file_chunks WHERE message = ?", message);
  }

  page(query: { chat: string; before?: number; after?: number; limit: number }): readonly MessageRow[] {
    const { chat, before, after, limit } = query;
    if (after !== undefined && before === undefined) {
      const sql = "SELECT * FROM messages WHERE chat = ? AND ord > ? ORDER BY ord LIMIT ?";
      return rowsOf(this.#store.all(sql, chat, after, limit)).map(messageOf);
    }
    const sql = "SELECT * FROM messages WHERE chat = ? AND ord < ? AND ord > ? ORDER BY ord DESC LIMIT ?";
    const rows = this.#store.all(
      sql,
      chat,
      before ?? Number.MAX_SAFE_INTEGER,
      after ?? -Number.MAX_SAFE_INTEGER,
      limit,
    );
    return rowsOf(rows).map(messageOf).reverse();
  }

  last(chat: string): MessageRow | undefined {
    const sql = "SELECT * FROM messages WHERE chat = ? AND kind <> 'notice' ORDER BY ord DESC LIMIT 1";
    const row = rowOf(this.#store.all(sql, chat)[0]);
    return row && messageOf(row);
  }

  notices(log: string): readonly PlacedNotice[] {
    const sql = "SELECT * FROM messages WHERE log = ? AND kind = 'notice' ORDER BY ord";
    return rowsOf(this.#store.all(sql, log)).flatMap((row) => {
      const { seq, detail } = messageOf(row);
      const { notice, members } = detail;
      return notice === undefined ? [] : [{ seq, notice, ...(members && { members }) }];
    });
  }

  unread(chat: string, readOrder: number): number {
    const sql = `SELECT COUNT(*) AS n FROM messages
      WHERE chat = ? AND ord > ? AND is_own = 0 AND is_deleted = 0 AND kind <> 'notice'`;
    return rowOf(this.#store.all(sql, chat, readOrder)[0])?.number("n") ?? 0;
  }

  /** Messages of others up to an order that have come since another: what a read receipt is for. */
  unreadIds(chat: string, from: number, upTo: number): readonly { readonly message: string; readonly log: string }[] {
    const sql = `SELECT message, log FROM messages
      WHERE chat = ? AND ord > ? AND ord <= ? AND is_own = 0 AND kind <> 'notice' ORDER BY ord`;
    const rows = rowsOf(this.#store.all(sql, chat, from, upTo));
    return rows.map((row) => ({ message: row.text("message"), log: row.text("log") }));
  }

  /** Moves the messages of a log into the chat that took the place of its own, before everything there. */
  merge(log: string, into: string, offset: number): void {
    this.#store.run(
      "UPDATE reactions SET chat = ? WHERE chat = ? OR target IN (SELECT message FROM messages WHERE log = ?)",
      into,
      log,
      log,
    );
    // Changes move with what they changed: one that is made in the other log comes after them.
    for (const table of ["orphans", "reactions"]) {
      const ofLog = "target IN (SELECT message FROM messages WHERE log = ?)";
      this.#store.run(`UPDATE ${table} SET seq = seq + ? WHERE seq >= 0 AND ${ofLog}`, offset, log);
    }
    // A negative order has been moved before, into a chat that now goes the same way.
    this.#store.run(
      "UPDATE messages SET chat = ?, ord = CASE WHEN seq = 0 OR ord < 0 THEN ord ELSE ord + ? END WHERE log = ?",
      into,
      offset,
      log,
    );
  }

  /**
   * A queued message goes out in another log, where it has another id. Nobody has seen it as it was before its author
   * edited it; his reactions to it are forgotten.
   */
  moveQueued(message: string, to: { readonly message: string; readonly log: string }): void {
    const sql = "UPDATE messages SET message = ?, log = ?, edited_at = NULL WHERE message = ?";
    this.#store.run(sql, to.message, to.log, message);
    this.#store.run("UPDATE messages SET reply_to = ? WHERE reply_to = ?", to.message, message);
    this.#store.run("UPDATE file_chunks SET message = ? WHERE message = ?", to.message, message);
    this.#store.run("DELETE FROM reactions WHERE target = ?", message);
    this.#store.run("DELETE FROM contents WHERE message = ?", message);
  }

  remove(message: string): void {
    this.#store.run("DELETE FROM messages WHERE message = ?", message);
  }

  removeChat(chat: string): void {
    this.#store.run("DELETE FROM file_chunks WHERE message IN (SELECT message FROM messages WHERE chat = ?)", chat);
    this.#store.run("DELETE FROM orphans WHERE target IN (SELECT message FROM messages WHERE chat = ?)", chat);
    this.#store.run("DELETE FROM reactions WHERE chat = ?", chat);
    this.#store.run("DELETE FROM messages WHERE chat = ?", chat);
  }

  /**
   * Of one account's reactions with one emoji the last in the log counts: earlier ones may have been taken back unseen.
   * Answers false when a later one is there already.
   */
  react(chat: string, reaction: StoredReaction, seq: number): boolean {
    const { target, account, emoji, message } = reaction;
    const changed = this.#store.run(
      `INSERT INTO reactions (chat, target, account, emoji, message, seq) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (target, account, emoji) DO UPDATE SET message = excluded.message, seq = excluded.seq
       WHERE excluded.seq > reactions.seq`,
      chat,
      target,
      account,
      emoji,
      message,
      seq,
    );
    return changed > 0;
  }

  /** Takes back the reaction that `message` names, if `account` gave it. */
  unreact(message: string, account: string): void {
    this.#store.run("DELETE FROM reactions WHERE message = ? AND account = ?", message, account);
  }

  reaction(target: string, account: string, emoji: string): StoredReaction | undefined {
    return this.reactions(target).find((reaction) => reaction.account === account && reaction.emoji === emoji);
  }

  reactions(target: string): readonly StoredReaction[] {
    const rows = rowsOf(this.#store.all("SELECT * FROM reactions WHERE target = ? ORDER BY seq, account", target));
    return rows.map((row) => ({
      target,
      account: row.text("account"),
      emoji: row.text("emoji"),
      message: row.text("message"),
    }));
  }
}

function messageOf(row: Row): MessageRow {
  const error = row.textOrNone("error");
  const replyTo = row.textOrNone("reply_to");
  const editedAt = row.numberOrNone("edited_at");
  return {
    message: row.text("message"),
    chat: row.text("chat"),
    log: row.text("log"),
    seq: row.number("seq"),
    order: row.number("ord"),
    sender: row.text("sender"),
    at: row.number("at"),
    state: row.text("state") as MessageState,
    ...(error !== undefined && { error }),
    kind: row.text("kind") as MessageRow["kind"],
    text: row.text("text"),
    ...(replyTo !== undefined && { replyTo }),
    ...(editedAt !== undefined && { editedAt }),
    isDeleted: row.bool("is_deleted"),
    isOwn: row.bool("is_own"),
    detail: decodeJson(row.textOrNone("detail") ?? "{}") as MessageDetail,
  };
}
