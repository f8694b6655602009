/** What is to change in a group, and the one commit of each log that is on its way. */
import { asId, type EntryId } from "@rempart/protocol";
import type { Payload } from "@rempart/session";
import type { Store } from "../ports.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { orNull, type Row, rowOf, rowsOf } from "./row.ts";

/** A device to be added, reachable through its account's contact log. */
export interface NewMember {
  readonly account: string;
  /** `MLSMessage`-framed key packages, one per device. */
  readonly keyPackages: readonly Uint8Array[];
}

/** What a person wants of a group. Each can be tried again on any later epoch, and says when it is so already. */
export type Wish =
  | { readonly kind: "add"; readonly members: readonly NewMember[] }
  | { readonly kind: "remove"; readonly account: string }
  | { readonly kind: "remove-device"; readonly device: string }
  | { readonly kind: "rename"; readonly name: string }
  | { readonly kind: "role"; readonly account: string; readonly role: "owner" | "admin" | "member" }
  | {
      readonly kind: "permissions";
      readonly permissions: Record<
        "addMembers" | "removeMembers" | "changeInfo" | "send",
        "owner" | "admin" | "member"
      >;
    }
  /** Renews this device's keys: after a restored backup, for one. */
  | { readonly kind: "renew" }
  /** Commits the leaves that wait. */
  | { readonly kind: "let-go" };

export interface Intention {
  readonly id: number;
  readonly log: string;
  readonly wish: Wish;
}

export interface CommitRow {
  readonly log: string;
  readonly entryId: EntryId;
  readonly entry: Uint8Array;
  readonly upload?: string;
  /** The epoch that it ends. */
  readonly epoch: number;
  readonly readAuth: Uint8Array;
  readonly writeAuth: Uint8Array;
  /** Write capability of the epoch that it ends. */
  readonly writeKey: Uint8Array;
  /** The group after it. */
  readonly snapshot: Uint8Array;
  readonly detail: CommitDetail;
}

export interface RejoinPoint {
  readonly fromSeq: number;
  readonly chain: Uint8Array;
  readonly readKey: Uint8Array;
}

export interface CommitDetail {
  /** The intention that it fulfils; absent for a rejoin. */
  readonly intention?: number;
  /** Accounts that the Welcome goes to. */
  readonly welcomed: readonly string[];
  /** Present when the commit adds somebody: the Welcome, or the blob that it is in. */
  readonly welcome?: Payload;
  /** The entry of the note of whom it adds, which has to be durable before the commit is sent. */
  readonly note?: string;
  /** Present when the commit is an external one: where the kit that it was made with stands in the log. */
  readonly rejoin?: RejoinPoint;
}

export class CommitTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  wish(log: string, wish: Wish): number {
    this.#store.run("INSERT INTO intentions (log, payload) VALUES (?, ?)", log, encodeJson(wish));
    return rowOf(this.#store.all("SELECT last_insert_rowid() AS id")[0])?.number("id") ?? 0;
  }

  nextIntention(log: string): Intention | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM intentions WHERE log = ? ORDER BY id LIMIT 1", log)[0]);
    return row && intentionOf(row);
  }

  intentions(log: string): readonly Intention[] {
    return rowsOf(this.#store.all("SELECT * FROM intentions WHERE log = ? ORDER BY id", log)).map(intentionOf);
  }

  logsWithWork(): readonly string[] {
    const sql = "SELECT log FROM intentions UNION SELECT log FROM commits ORDER BY log";
    return rowsOf(this.#store.all(sql)).map((row) => row.text("log"));
  }

  stagedLogs(): readonly string[] {
    return rowsOf(this.#store.all("SELECT log FROM commits ORDER BY log")).map((row) => row.text("log"));
  }

  fulfil(id: number): void {
    this.#store.run("DELETE FROM intentions WHERE id = ?", id);
  }

  /** Nothing more is wished. What is staged stays: it may be in the log already. */
  forgetIntentions(log: string): void {
    this.#store.run("DELETE FROM intentions WHERE log = ?", log);
  }

  abandon(log: string): void {
    this.forgetIntentions(log);
    this.unstage(log);
  }

  stage(row: CommitRow): void {
    this.#store.run(
      `INSERT OR REPLACE INTO commits
       (log, entry_id, entry, upload, epoch, read_auth, write_auth, write_key, snapshot, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.log,
      row.entryId,
      row.entry,
      orNull(row.upload),
      row.epoch,
      row.readAuth,
      row.writeAuth,
      row.writeKey,
      row.snapshot,
      encodeJson(row.detail),
    );
  }

  staged(log: string): CommitRow | undefined {
    const row = rowOf(this.#store.all("SELECT * FROM commits WHERE log = ?", log)[0]);
    return row && commitOf(row);
  }

  unstage(log: string): void {
    this.#store.run("DELETE FROM commits WHERE log = ?", log);
  }
}

function intentionOf(row: Row): Intention {
  return { id: row.number("id"), log: row.text("log"), wish: decodeJson(row.text("payload")) as Wish };
}

function commitOf(row: Row): CommitRow {
  const upload = row.textOrNone("upload");
  return {
    log: row.text("log"),
    entryId: asId("EntryId", row.bytes("entry_id")),
    entry: row.bytes("entry"),
    ...(upload !== undefined && { upload }),
    epoch: row.number("epoch"),
    readAuth: row.bytes("read_auth"),
    writeAuth: row.bytes("write_auth"),
    writeKey: row.bytes("write_key"),
    snapshot: row.bytes("snapshot"),
    detail: decodeJson(row.text("detail")) as CommitDetail,
  };
}
