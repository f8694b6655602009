/** What members said, as they said it: the memory that applies each content once and answers who missed it. */
import { asId, fromHex } from "@rempart/protocol";
import { asMessageId, type HistoryItem } from "@rempart/session";
import type { Store } from "../ports.ts";
import { rowOf, rowsOf } from "./row.ts";

export interface ContentRow {
  readonly message: string;
  readonly log: string;
  /** 0 until it is in the log. */
  readonly seq: number;
  readonly sender: string;
  readonly at: number;
  readonly content: Uint8Array;
}

/** The latest edit or deletion of a message, which may not be here yet. */
export interface MessageChange {
  readonly target: string;
  readonly sender: string;
  /** Its seq, or where that stands in the chat that took the place of its log's. */
  readonly seq: number;
  readonly kind: "edit" | "delete";
  readonly text: string;
  readonly at: number;
}

export class ContentTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Answers false when it is there already: then its effect has been applied. */
  add(row: ContentRow): boolean {
    const { message, log, seq, sender, at, content } = row;
    const changed = this.#store.run(
      "INSERT OR IGNORE INTO contents (message, log, seq, sender, at, content) VALUES (?, ?, ?, ?, ?, ?)",
      message,
      log,
      seq,
      sender,
      at,
      content,
    );
    return changed > 0;
  }

  /** Whether somebody has said just this, salt and all, in any log. `except` is not looked at. */
  isSaid(sender: string, content: Uint8Array, except: string): boolean {
    const sql = "SELECT 1 AS found FROM contents WHERE sender = ? AND content = ? AND message <> ? LIMIT 1";
    return this.#store.all(sql, sender, content, except).length > 0;
  }

  place(message: string, seq: number, at: number): void {
    this.#store.run("UPDATE contents SET seq = ?, at = ? WHERE message = ?", seq, at, message);
  }

  /** Forgets what was said; that it was said stays known, so that it is not applied again. */
  erase(message: string): void {
    this.#store.run("UPDATE contents SET content = x'' WHERE message = ?", message);
  }

  /** Contents of a log in order (empty where the message was deleted), at most `countMax` of them and about `bytesMax` bytes. */
  range(log: string, from: number, to: number, countMax: number, bytesMax: number): readonly HistoryItem[] {
    const sql = `SELECT * FROM contents WHERE log = ? AND seq >= ? AND seq <= ? AND seq > 0
      ORDER BY seq LIMIT ?`;
    const items: HistoryItem[] = [];
    let total = 0;
    for (const row of rowsOf(this.#store.all(sql, log, from, to, countMax))) {
      const content = row.bytes("content");
      total += content.length;
      if (total > bytesMax && items.length > 0) break;
      items.push({
        messageId: asMessageId(fromHex(row.text("message"))),
        sender: asId("AccountId", fromHex(row.text("sender"))),
        seq: row.number("seq"),
        receivedAt: row.number("at"),
        content,
      });
    }
    return items;
  }

  /**
   * Answers false when it has no effect: a later one is known, or a deletion. Deleted is deleted, whatever came after it
   * from a device that had forgotten.
   */
  addChange(row: MessageChange): boolean {
    const changed = this.#store.run(
      `INSERT INTO orphans (target, sender, seq, kind, text, at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (target, sender) DO UPDATE SET seq = excluded.seq, kind = excluded.kind, text = excluded.text, at = excluded.at
       WHERE orphans.kind <> 'delete' AND (excluded.kind = 'delete' OR excluded.seq > orphans.seq)`,
      row.target,
      row.sender,
      row.seq,
      row.kind,
      row.text,
      row.at,
    );
    return changed > 0;
  }

  /** The latest change of a message by its author. It stays known: an earlier one may still come, out of a history. */
  change(target: string, sender: string): MessageChange | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM orphans WHERE target = ? AND sender = ?", target, sender)[0]);
    if (row === undefined) return undefined;
    return {
      target,
      sender,
      seq: row.number("seq"),
      kind: row.text("kind") as MessageChange["kind"],
      text: row.text("text"),
      at: row.number("at"),
    };
  }
}
