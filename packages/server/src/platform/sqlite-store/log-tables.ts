import type { DatabaseSync } from "node:sqlite";
import type { Auth, Entry, EntryId, LogId, Rotation } from "@rempart/protocol";
import { withinBounds } from "../../engine/entry-bounds.ts";
import type { EntryRange, EntryTables, LogRow, LogTables, PastEpoch, SweepBounds } from "../../engine/tables.ts";
import { bytesAt, numberAt, type Row, Statement } from "./statements.ts";

export class SqliteLogTables implements LogTables {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #advance: Statement;
  readonly #install: Statement;
  readonly #file: Statement;
  readonly #pastByReadAuth: Statement;
  readonly #pastByWriteAuth: Statement;
  readonly #first: Statement;
  readonly #after: Statement;
  readonly #expire: Statement;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => new Statement(database, sql);
    this.#find = prepare("SELECT key, epoch, head_seq, received_at, read_auth, write_auth FROM log WHERE log_id = ?");
    this.#insert = prepare(
      `INSERT INTO log (log_id, read_auth, write_auth, retention_ms, epoch, head_seq, received_at)
       VALUES (?, ?, ?, ?, 0, 0, 0)`,
    );
    this.#advance = prepare("UPDATE log SET head_seq = ?, received_at = ? WHERE key = ?");
    this.#install = prepare("UPDATE log SET epoch = ?, read_auth = ?, write_auth = ? WHERE key = ?");
    this.#file = prepare("INSERT INTO log_epoch (log, epoch, read_auth, write_auth, end_seq) VALUES (?, ?, ?, ?, ?)");
    const past = "SELECT epoch, end_seq, read_auth, write_auth FROM log_epoch WHERE log = ?";
    this.#pastByReadAuth = prepare(`${past} AND read_auth = ? ORDER BY epoch DESC LIMIT 1`);
    this.#pastByWriteAuth = prepare(`${past} AND write_auth = ? ORDER BY epoch DESC LIMIT 1`);
    this.#first = prepare(`${past} AND epoch = 0`);
    this.#after = prepare("SELECT key, retention_ms FROM log WHERE key > ? ORDER BY key LIMIT ?");
    this.#expire = prepare(
      `DELETE FROM entry WHERE key IN
         (SELECT key FROM (SELECT key, received_at FROM entry WHERE log = ? ORDER BY seq LIMIT ?) WHERE received_at < ?)`,
    );
  }

  find(logId: LogId): LogRow | undefined {
    const row = this.#find.get(logId);
    if (row === undefined) return undefined;
    return {
      key: numberAt(row, 0),
      epoch: numberAt(row, 1),
      headSeq: numberAt(row, 2),
      receivedAt: numberAt(row, 3),
      readAuth: bytesAt(row, 4),
      writeAuth: bytesAt(row, 5),
    };
  }

  insert(log: Rotation & { logId: LogId; retentionMs: number }): void {
    this.#insert.run(log.logId, log.readAuth, log.writeAuth, log.retentionMs);
  }

  advance(key: number, head: { headSeq: number; receivedAt: number }): void {
    this.#advance.run(head.headSeq, head.receivedAt, key);
  }

  rotate(log: LogRow, { endSeq, next }: { endSeq: number; next: Rotation }): void {
    this.#file.run(log.key, log.epoch, log.readAuth, log.writeAuth, endSeq);
    this.#install.run(log.epoch + 1, next.readAuth, next.writeAuth, log.key);
  }

  pastEpoch(key: number, kind: keyof Rotation, auth: Auth): PastEpoch | undefined {
    const statement = kind === "readAuth" ? this.#pastByReadAuth : this.#pastByWriteAuth;
    const row = statement.get(key, auth);
    return row === undefined ? undefined : pastEpochOf(row);
  }

  firstEpoch(key: number): Rotation | undefined {
    const row = this.#first.get(key);
    return row === undefined ? undefined : pastEpochOf(row);
  }

  sweep({ now, cursor, logsMax, rowsMax }: SweepBounds): { cursor: number; removed: number } {
    const logs = this.#after.all(cursor, logsMax);
    let removed = 0;
    for (const log of logs) {
      const key = numberAt(log, 0);
      removed += this.#expire.run(key, rowsMax - removed, now - numberAt(log, 1));
      // Not done with this log, perhaps: the next sweep begins with it again.
      if (removed >= rowsMax) return { cursor: key - 1, removed };
    }
    const last = logs.at(-1);
    return { cursor: last === undefined || logs.length < logsMax ? 0 : numberAt(last, 0), removed };
  }
}

function pastEpochOf(row: Row): PastEpoch {
  return { epoch: numberAt(row, 0), endSeq: numberAt(row, 1), readAuth: bytesAt(row, 2), writeAuth: bytesAt(row, 3) };
}

export class SqliteEntryTables implements EntryTables {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #read: Statement;

  constructor(database: DatabaseSync) {
    this.#find = new Statement(database, "SELECT seq, received_at FROM entry WHERE log = ? AND entry_id = ?");
    this.#insert = new Statement(
      database,
      `INSERT INTO entry (log, seq, entry_id, received_at, bytes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (log, entry_id) DO NOTHING`,
    );
    this.#read = new Statement(
      database,
      `SELECT seq, received_at, entry_id, bytes FROM entry
       WHERE log = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?`,
    );
  }

  find(logKey: number, entryId: EntryId): { seq: number; receivedAt: number } | undefined {
    const row = this.#find.get(logKey, entryId);
    return row === undefined ? undefined : { seq: numberAt(row, 0), receivedAt: numberAt(row, 1) };
  }

  insert(logKey: number, entry: Entry): boolean {
    return this.#insert.run(logKey, entry.seq, entry.entryId, entry.receivedAt, entry.bytes) === 1;
  }

  read(logKey: number, range: EntryRange): { entries: readonly Entry[]; hasMore: boolean } {
    const rows = this.#read.iterate(logKey, range.fromSeq, range.toSeq, range.countMax + 1);
    return withinBounds(entriesOf(rows), range);
  }
}

function* entriesOf(rows: Iterable<Row>): Generator<Entry> {
  for (const row of rows) yield entryOf(row);
}

function entryOf(row: Row): Entry {
  return { seq: numberAt(row, 0), receivedAt: numberAt(row, 1), entryId: bytesAt(row, 2), bytes: bytesAt(row, 3) };
}
