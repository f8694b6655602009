/** Messages and proposals on their way to a log, in order. */
import { asId, type EntryId } from "@rempart/protocol";
import type { Store } from "../ports.ts";
import { orNull, type Row, rowOf, rowsOf } from "./row.ts";

export interface OutboxRow {
  readonly id: number;
  readonly log: string;
  readonly entryId: EntryId;
  /** `content`: a MIMI content. `leave`: a proposal to leave. */
  readonly kind: "content" | "leave";
  readonly content?: Uint8Array;
  /** Id of the content itself, where it has one that is remembered. */
  readonly message?: string;
  /** The message whose sending is not over before this is sent: itself, or the one that it edits, deletes or adorns. */
  readonly partOf?: string;
  /** Upload that must be complete before this may be sealed: a file that the content refers to. */
  readonly waitsFor?: string;
  readonly sealed?: SealedRow;
  /** Set by the acknowledgement. */
  readonly seq?: number;
}

export interface SealedRow {
  readonly epoch: number;
  readonly writeKey: Uint8Array;
  readonly entry: Uint8Array;
  /** Upload that must be complete before the entry may be sent. */
  readonly upload?: string;
}

export type NewOutboxRow = Omit<OutboxRow, "id" | "seq">;

export class OutboxTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add(row: NewOutboxRow): void {
    const { log, entryId, kind, content, message, partOf, waitsFor, sealed } = row;
    this.#store.run(
      `INSERT INTO outbox
       (log, entry_id, kind, content, message, part_of, waits_for, epoch, write_key, entry, upload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      log,
      entryId,
      kind,
      orNull(content),
      orNull(message),
      orNull(partOf),
      orNull(waitsFor),
      orNull(sealed?.epoch),
      orNull(sealed?.writeKey),
      orNull(sealed?.entry),
      orNull(sealed?.upload),
    );
  }

  /** Whether a row is still on its way, or its place in the log not seen yet. */
  has(id: number): boolean {
    return this.#store.all("SELECT 1 AS found FROM outbox WHERE id = ?", id).length > 0;
  }

  /** The first row of a log that has neither been acknowledged nor failed nor waits for an upload. */
  next(log: string): OutboxRow | undefined {
    return rowOptional(
      this.#store,
      `SELECT * FROM outbox WHERE log = ? AND seq IS NULL AND error IS NULL
       AND (waits_for IS NULL OR waits_for NOT IN (SELECT blob FROM uploads)) ORDER BY id LIMIT 1`,
      log,
    );
  }

  byEntry(entryId: Uint8Array): OutboxRow | undefined {
    return rowOptional(this.#store, "SELECT * FROM outbox WHERE entry_id = ?", entryId);
  }

  /** The row of a content that has an id, until the log has brought it back. */
  byMessage(message: string): OutboxRow | undefined {
    return rowOptional(this.#store, "SELECT * FROM outbox WHERE message = ?", message);
  }

  /** Rows of a message that are not durable on the server yet. */
  unsentOf(message: string): number {
    const row = rowOf(
      this.#store.all("SELECT COUNT(*) AS n FROM outbox WHERE part_of = ? AND seq IS NULL", message)[0],
    );
    return row?.number("n") ?? 0;
  }

  errorOf(message: string): string | undefined {
    const rows = this.#store.all("SELECT error FROM outbox WHERE part_of = ? AND error IS NOT NULL LIMIT 1", message);
    return rowOf(rows[0])?.text("error");
  }

  unsent(log: string): number {
    const row = rowOf(this.#store.all("SELECT COUNT(*) AS n FROM outbox WHERE log = ? AND seq IS NULL", log)[0]);
    return row?.number("n") ?? 0;
  }

  logsWithWork(): readonly string[] {
    const rows = rowsOf(
      this.#store.all("SELECT DISTINCT log FROM outbox WHERE seq IS NULL AND error IS NULL ORDER BY log"),
    );
    return rows.map((row) => row.text("log"));
  }

  seal(id: number, sealed: SealedRow): void {
    this.#store.run(
      "UPDATE outbox SET epoch = ?, write_key = ?, entry = ?, upload = ? WHERE id = ?",
      sealed.epoch,
      sealed.writeKey,
      sealed.entry,
      orNull(sealed.upload),
      id,
    );
  }

  acknowledge(id: number, seq: number): void {
    this.#store.run("UPDATE outbox SET seq = ? WHERE id = ?", seq, id);
  }

  fail(id: number, error: string): void {
    this.#store.run("UPDATE outbox SET error = ?, entry = NULL, epoch = NULL, upload = NULL WHERE id = ?", error, id);
  }

  retry(message: string): void {
    this.#store.run("UPDATE outbox SET error = NULL WHERE part_of = ?", message);
  }

  remove(id: number): void {
    this.#store.run("DELETE FROM outbox WHERE id = ?", id);
  }

  /** Whether this device is about to leave a group. */
  isLeaving(log: string): boolean {
    return this.#store.all("SELECT 1 AS found FROM outbox WHERE log = ? AND kind = 'leave'", log).length > 0;
  }

  /** Rows that are durable on the server and whose entries this device will never see: it has skipped them. */
  settleBefore(log: string, seq: number): void {
    this.#store.run("DELETE FROM outbox WHERE log = ? AND seq < ?", log, seq);
  }

  /** Forgets all that was to be sent of a message. */
  removeOf(message: string): void {
    this.#store.run("DELETE FROM outbox WHERE part_of = ? AND seq IS NULL", message);
  }

  /** What can never be sent: the log was left. */
  abandon(log: string): readonly string[] {
    const rows = rowsOf(
      this.#store.all("SELECT DISTINCT part_of FROM outbox WHERE log = ? AND seq IS NULL AND part_of IS NOT NULL", log),
    );
    // Nobody will ask what became of it.
    this.#store.run("DELETE FROM outbox WHERE log = ? AND seq IS NULL AND part_of IS NULL", log);
    this.#store.run(
      "UPDATE outbox SET error = 'ERR_INACTIVE', entry = NULL, epoch = NULL WHERE log = ? AND seq IS NULL",
      log,
    );
    return rows.map((row) => row.text("part_of"));
  }

  /** Seals belong to an epoch that this device has lost: every unsent row is sealed anew. */
  unseal(log: string): void {
    this.#store.run("UPDATE outbox SET entry = NULL, epoch = NULL, upload = NULL WHERE log = ? AND seq IS NULL", log);
  }
}

function rowOptional(store: Store, sql: string, ...values: readonly (string | Uint8Array)[]): OutboxRow | undefined {
  const row = rowOf(store.all(sql, ...values)[0]);
  return row && outboxOf(row);
}

function outboxOf(row: Row): OutboxRow {
  const content = row.bytesOrNone("content");
  const message = row.textOrNone("message");
  const partOf = row.textOrNone("part_of");
  const waitsFor = row.textOrNone("waits_for");
  const seq = row.numberOrNone("seq");
  const sealed = sealedOf(row);
  return {
    id: row.number("id"),
    log: row.text("log"),
    entryId: asId("EntryId", row.bytes("entry_id")),
    kind: row.text("kind") as OutboxRow["kind"],
    ...(content && { content }),
    ...(message !== undefined && { message }),
    ...(partOf !== undefined && { partOf }),
    ...(waitsFor !== undefined && { waitsFor }),
    ...(sealed && { sealed }),
    ...(seq !== undefined && { seq }),
  };
}

function sealedOf(row: Row): SealedRow | undefined {
  const entry = row.bytesOrNone("entry");
  if (entry === undefined) return undefined;
  const upload = row.textOrNone("upload");
  return {
    epoch: row.number("epoch"),
    writeKey: row.bytes("write_key"),
    entry,
    ...(upload !== undefined && { upload }),
  };
}
