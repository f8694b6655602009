/** The log's rules (spec/log.md), as they are decided inside one transaction. */
import { type Auth, errorCodes, limits, ProtocolError, type Rotation, sameBytes } from "@rempart/protocol";
import type { AnswerOf, AskOf, LogRange, LogSlice } from "../store-operations.ts";
import type { LogRow, Tables } from "./tables.ts";

type Append = AskOf<"append">;

export function createLog(tables: Tables, ask: AskOf<"logCreate">): AnswerOf<"logCreate"> {
  const log = tables.logs.find(ask.logId);
  if (log === undefined) {
    tables.logs.insert(ask);
    return {};
  }
  const first = log.epoch === 0 ? log : tables.logs.firstEpoch(log.key);
  if (first === undefined || !isSameRotation(first, ask)) {
    throw new ProtocolError("ERR_EXISTS", "a log with this id exists");
  }
  return {};
}

/**
 * The one place that decides about an append:
 *
 * 1. A key that never wrote this log is refused, without a word on whether the log exists.
 * 2. An entry id that the log has is answered with its numbers, whatever the epoch now.
 * 3. A key of an earlier epoch, or another epoch than `ifEpoch`, is told so.
 * 4. Otherwise entry, head and next epoch are written together.
 */
export function append(tables: Tables, ask: Append): AnswerOf<"append"> {
  const log = tables.logs.find(ask.logId);
  if (log === undefined) throw denied();
  const isCurrent = sameBytes(log.writeAuth, ask.writeAuth);
  if (!isCurrent && tables.logs.pastEpoch(log.key, "writeAuth", ask.writeAuth) === undefined) throw denied();

  const isInTime = isCurrent && (ask.ifEpoch === undefined || ask.ifEpoch === log.epoch);
  const written = isInTime ? write(tables, log, ask) : undefined;
  if (written !== undefined) return { ...written, isRepeat: false };
  const earlier = tables.entries.find(log.key, ask.entryId);
  if (earlier === undefined) throw new ProtocolError("ERR_EPOCH", "the log is in another epoch");
  return { ...earlier, isRepeat: true };
}

/** `undefined` when the log has an entry with this id. */
function write(tables: Tables, log: LogRow, ask: Append): { seq: number; receivedAt: number } | undefined {
  const seq = log.headSeq + 1;
  // A clock that jumps back must not make an entry older than the one before it.
  const receivedAt = Math.max(ask.now, log.receivedAt);
  const { entryId, bytes } = ask;
  if (!tables.entries.insert(log.key, { seq, receivedAt, entryId, bytes })) return undefined;
  tables.logs.advance(log.key, { headSeq: seq, receivedAt });
  if (ask.next !== undefined) tables.logs.rotate(log, { endSeq: seq, next: ask.next });
  return { seq, receivedAt };
}

export function readLogs(tables: Tables, ask: AskOf<"logsRead">): AnswerOf<"logsRead"> {
  const slices: LogSlice[] = [];
  let bytesLeft = ask.bytesMax;
  for (const range of ask.ranges) {
    if (slices.length > 0 && bytesLeft <= 0) break;
    const slice = readSlice(tables, range, { entriesMax: ask.entriesMax, bytesMax: bytesLeft });
    slices.push(slice);
    for (const entry of slice.entries) bytesLeft -= entry.bytes.length;
  }
  return { slices };
}

function readSlice(tables: Tables, range: LogRange, bounds: { entriesMax: number; bytesMax: number }): LogSlice {
  const reach = reachOf(tables, range);
  if (reach === undefined) return refused;
  const { log, ...state } = reach;
  const slice = { status: 0, ...state, hasMore: false, entries: [] };
  if (bounds.entriesMax === 0 || range.fromSeq > state.headSeq) return slice;
  const read = tables.entries.read(log.key, {
    fromSeq: range.fromSeq,
    toSeq: state.headSeq,
    countMax: Math.min(bounds.entriesMax, limits.entriesPerFrameMax),
    bytesMax: Math.min(bounds.bytesMax, limits.entriesBytesPerFrameMax),
  });
  return { ...slice, ...read };
}

const refused: LogSlice = {
  status: errorCodes.ERR_DENIED,
  headSeq: 0,
  epoch: 0,
  isLapsed: false,
  hasMore: false,
  entries: [],
};

/** How far a read key reaches: to the head, or to the commit that ended its epoch. */
function reachOf(tables: Tables, range: LogRange) {
  const log = tables.logs.find(range.logId);
  if (log === undefined) return undefined;
  if (sameBytes(log.readAuth, range.readAuth)) {
    return { log, headSeq: log.headSeq, epoch: log.epoch, isLapsed: false };
  }
  const past = tables.logs.pastEpoch(log.key, "readAuth", range.readAuth);
  if (past === undefined) return undefined;
  return { log, headSeq: past.endSeq, epoch: past.epoch, isLapsed: true };
}

function isSameRotation(a: Rotation, b: { readAuth: Auth; writeAuth: Auth }): boolean {
  return sameBytes(a.readAuth, b.readAuth) && sameBytes(a.writeAuth, b.writeAuth);
}

function denied(): ProtocolError {
  return new ProtocolError("ERR_DENIED", "no such log, or not with this key");
}
