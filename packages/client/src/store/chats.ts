/** Chats as lists show them. */
import type { SuiteName } from "@rempart/session";
import type { Store } from "../ports.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { orNull, type Row, rowOf, rowsOf } from "./row.ts";

export interface StoredMember {
  readonly account: string;
  readonly role: "owner" | "admin" | "member";
  readonly devices: number;
}

export interface StoredMembers {
  readonly members: readonly StoredMember[];
  readonly permissions: Record<"addMembers" | "removeMembers" | "changeInfo" | "send", "owner" | "admin" | "member">;
}

export interface ChatRow {
  readonly chat: string;
  readonly kind: "direct" | "group";
  /** The other account of a direct chat. */
  readonly other?: string;
  /** The chat that took this one's place. */
  readonly shownAs?: string;
  readonly title: string;
  /** Who is in it, and who may do what, as of the last commit that this device has seen. */
  readonly group: StoredMembers;
  readonly suite: SuiteName;
  readonly joinedAt: number;
  readonly lastAt: number;
  readonly readOrder: number;
  readonly draft: string;
  readonly isDeleted: boolean;
  /** The own name that its members have been told. */
  readonly announcedName?: string;
}

export class ChatTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(chat: string): ChatRow | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM chats WHERE chat = ?", chat)[0]);
    return row && chatOf(row);
  }

  /** Those that lists show, latest first. */
  shown(): readonly ChatRow[] {
    const sql = "SELECT * FROM chats WHERE is_deleted = 0 AND shown_as IS NULL ORDER BY last_at DESC, chat";
    return rowsOf(this.#store.all(sql)).map(chatOf);
  }

  all(): readonly ChatRow[] {
    return rowsOf(this.#store.all("SELECT * FROM chats ORDER BY chat")).map(chatOf);
  }

  /** The direct chats with an account, the one that is used first: that of the lowest id. */
  directWith(account: string): readonly ChatRow[] {
    const sql = "SELECT * FROM chats WHERE other = ? ORDER BY shown_as IS NOT NULL, chat";
    return rowsOf(this.#store.all(sql, account)).map(chatOf);
  }

  /** The chats in whose place this one is shown. */
  replacedBy(chat: string): readonly string[] {
    const rows = rowsOf(this.#store.all("SELECT chat FROM chats WHERE shown_as = ? ORDER BY chat", chat));
    return rows.map((row) => row.text("chat"));
  }

  put(row: ChatRow): void {
    this.#store.run(
      `INSERT OR REPLACE INTO chats
       (chat, kind, other, shown_as, title, members, suite, joined_at, last_at, read_order, draft, is_deleted, announced_name)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.chat,
      row.kind,
      orNull(row.other),
      orNull(row.shownAs),
      row.title,
      encodeJson(row.group),
      row.suite,
      row.joinedAt,
      row.lastAt,
      row.readOrder,
      row.draft,
      row.isDeleted ? 1 : 0,
      orNull(row.announcedName),
    );
  }

  setGroup(chat: string, title: string, group: StoredMembers): void {
    this.#store.run("UPDATE chats SET title = ?, members = ? WHERE chat = ?", title, encodeJson(group), chat);
  }

  touch(chat: string, at: number): void {
    this.#store.run("UPDATE chats SET last_at = MAX(last_at, ?) WHERE chat = ?", at, chat);
  }

  setRead(chat: string, order: number): void {
    this.#store.run("UPDATE chats SET read_order = MAX(read_order, ?) WHERE chat = ?", order, chat);
  }

  setDraft(chat: string, draft: string): void {
    this.#store.run("UPDATE chats SET draft = ? WHERE chat = ?", draft, chat);
  }

  setDeleted(chat: string, isDeleted: boolean): void {
    this.#store.run("UPDATE chats SET is_deleted = ? WHERE chat = ?", isDeleted ? 1 : 0, chat);
  }

  setAnnouncedName(chat: string, name: string): void {
    this.#store.run("UPDATE chats SET announced_name = ? WHERE chat = ?", name, chat);
  }

  setShownAs(chat: string, shownAs: string): void {
    this.#store.run("UPDATE chats SET shown_as = ? WHERE chat = ?", shownAs, chat);
  }

  warn(chat: string, code: string, at: number): void {
    this.#store.run("INSERT OR IGNORE INTO warnings (chat, code, at) VALUES (?, ?, ?)", chat, code, at);
  }

  unwarn(chat: string, code: string): void {
    this.#store.run("DELETE FROM warnings WHERE chat = ? AND code = ?", chat, code);
  }

  warnings(chat: string): readonly { readonly code: string; readonly at: number }[] {
    const rows = rowsOf(this.#store.all("SELECT code, at FROM warnings WHERE chat = ? ORDER BY at, code", chat));
    return rows.map((row) => ({ code: row.text("code"), at: row.number("at") }));
  }
}

function chatOf(row: Row): ChatRow {
  const other = row.textOrNone("other");
  const shownAs = row.textOrNone("shown_as");
  const announcedName = row.textOrNone("announced_name");
  return {
    chat: row.text("chat"),
    kind: row.text("kind") as ChatRow["kind"],
    ...(other !== undefined && { other }),
    ...(shownAs !== undefined && { shownAs }),
    title: row.text("title"),
    group: decodeJson(row.text("members")) as StoredMembers,
    suite: row.text("suite") as SuiteName,
    joinedAt: row.number("joined_at"),
    lastAt: row.number("last_at"),
    readOrder: row.number("read_order"),
    draft: row.text("draft"),
    isDeleted: row.bool("is_deleted"),
    ...(announcedName !== undefined && { announcedName }),
  };
}
