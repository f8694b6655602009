import { type Auth, type Entry, type EntryId, type LogId, type Rotation, sameBytes, toHex } from "@rempart/protocol";
import { withinBounds } from "../engine/entry-bounds.ts";
import type { EntryRange, EntryTables, LogRow, LogTables, PastEpoch, SweepBounds } from "../engine/tables.ts";
import { copy, existing } from "./memory-rows.ts";

export interface MemoryLog {
  row: LogRow;
  readonly retentionMs: number;
  readonly past: PastEpoch[];
  /** In order of `seq`, without the expired ones. */
  entries: Entry[];
  readonly seqs: Map<string, { seq: number; receivedAt: number }>;
}

export class MemoryLogTables implements LogTables {
  readonly #logs: MemoryLog[];
  readonly #keys = new Map<string, number>();

  constructor(logs: MemoryLog[]) {
    this.#logs = logs;
  }

  find(logId: LogId): LogRow | undefined {
    const key = this.#keys.get(toHex(logId));
    return key === undefined ? undefined : this.#logs[key - 1]?.row;
  }

  insert(log: Rotation & { logId: LogId; retentionMs: number }): void {
    const auths = { readAuth: copy(log.readAuth), writeAuth: copy(log.writeAuth) };
    const row = { key: this.#logs.length + 1, epoch: 0, headSeq: 0, receivedAt: 0, ...auths };
    this.#logs.push({ row, retentionMs: log.retentionMs, past: [], entries: [], seqs: new Map() });
    this.#keys.set(toHex(log.logId), row.key);
  }

  advance(key: number, head: { headSeq: number; receivedAt: number }): void {
    const log = existing(this.#logs[key - 1]);
    log.row = { ...log.row, ...head };
  }

  rotate({ key, epoch, readAuth, writeAuth }: LogRow, { endSeq, next }: { endSeq: number; next: Rotation }): void {
    const log = existing(this.#logs[key - 1]);
    log.past.push({ epoch, readAuth, writeAuth, endSeq });
    const auths = { readAuth: copy(next.readAuth), writeAuth: copy(next.writeAuth) };
    log.row = { ...log.row, epoch: epoch + 1, ...auths };
  }

  pastEpoch(key: number, kind: keyof Rotation, auth: Auth): PastEpoch | undefined {
    return existing(this.#logs[key - 1]).past.findLast((epoch) => sameBytes(epoch[kind], auth));
  }

  firstEpoch(key: number): Rotation | undefined {
    return existing(this.#logs[key - 1]).past[0];
  }

  sweep({ now, cursor, logsMax, rowsMax }: SweepBounds): { cursor: number; removed: number } {
    let removed = 0;
    const logs = this.#logs.slice(cursor, cursor + logsMax);
    for (const log of logs) {
      removed += expire(log, { before: now - log.retentionMs, rowsMax: rowsMax - removed });
      if (removed >= rowsMax) return { cursor: log.row.key - 1, removed };
    }
    return { cursor: logs.length < logsMax ? 0 : cursor + logsMax, removed };
  }
}

function expire(log: MemoryLog, bounds: { before: number; rowsMax: number }): number {
  const firstKept = log.entries.findIndex(({ receivedAt }) => receivedAt >= bounds.before);
  const expired = log.entries.slice(0, firstKept === -1 ? undefined : firstKept).slice(0, bounds.rowsMax);
  for (const { entryId } of expired) log.seqs.delete(toHex(entryId));
  log.entries = log.entries.slice(expired.length);
  return expired.length;
}

export class MemoryEntryTables implements EntryTables {
  readonly #logs: MemoryLog[];

  constructor(logs: MemoryLog[]) {
    this.#logs = logs;
  }

  find(logKey: number, entryId: EntryId): { seq: number; receivedAt: number } | undefined {
    return existing(this.#logs[logKey - 1]).seqs.get(toHex(entryId));
  }

  insert(logKey: number, entry: Entry): boolean {
    const log = existing(this.#logs[logKey - 1]);
    const name = toHex(entry.entryId);
    if (log.seqs.has(name)) return false;
    const { seq, receivedAt } = entry;
    log.seqs.set(name, { seq, receivedAt });
    log.entries.push({ seq, receivedAt, entryId: copy(entry.entryId), bytes: copy(entry.bytes) });
    return true;
  }

  read(logKey: number, range: EntryRange): { entries: readonly Entry[]; hasMore: boolean } {
    const log = existing(this.#logs[logKey - 1]);
    const first = log.entries[0];
    const from = first === undefined ? 0 : Math.max(0, range.fromSeq - first.seq);
    const candidates = log.entries.slice(from, from + range.countMax + 1).filter(({ seq }) => seq <= range.toSeq);
    return withinBounds(candidates, range);
  }
}
