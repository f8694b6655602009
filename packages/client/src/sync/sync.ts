/**
 * Keeps every log of this device read up to its end.
 *
 * 1. Entries of one log are processed strictly in order, one batch per transaction together with the cursor.
 * 2. A reader's queue holds entries of the current link only; what an earlier link left is asked for again.
 * 3. `synced` means: all that the server had when this link subscribed has been processed.
 * 4. A server that skips, repeats or reorders seqs within one link loses the link, and everything is
 *    read again from the cursor.
 */
import { type Entry, errorCodeOf, limits, ProtocolError, type Push, toHex } from "@rempart/protocol";
import { retryDelayMs } from "../connection/backoff.ts";
import type { Engine } from "../engine/engine.ts";
import { clientLimits } from "../limits.ts";
import { isFollowed, type LogRow, logIdOf } from "../store/logs.ts";
import { processContactEntries } from "./contact-log.ts";
import { processGroupEntries } from "./group-log.ts";

interface Reader {
  readonly log: string;
  readonly queue: Entry[];
  queuedBytes: number;
  /** The seq that has to come next over this link; `undefined` until the first entry, which may follow a gap. */
  expectedSeq: number | undefined;
  /** Epoch whose read key the running subscription has. */
  epoch: number;
  /** What the link says comes after all queued entries: the seq up to which it has sent all, or the commit's. */
  caughtUp: number | undefined;
  lapsed: number | undefined;
  isSynced: boolean;
  isRunning: boolean;
  /** Set when the queue was too long: entries are dropped until it is empty, then asked for again. */
  isPaused: boolean;
  /** Set by the reply to its subscription: what the link brings before that is of the one before. */
  isOpen: boolean;
}

export class Sync {
  readonly #engine: Engine;
  readonly #readers = new Map<string, Reader>();
  /** Logs to subscribe to, collected so that one request carries many. */
  readonly #wanted = new Set<string>();
  #isFlushing = false;
  /** Logs of which the last link did not send all that it said there is. */
  readonly #missing = new Set<string>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A new link: everything is subscribed anew from the cursors in the database. */
  online(): void {
    this.offline();
    for (const row of this.#engine.tables.logs.followed()) if (row.isCreated) this.follow(row.log);
  }

  /** The link is gone: nothing is read to its end any more. */
  offline(): void {
    this.#readers.clear();
    this.#wanted.clear();
  }

  /** Subscribes to a log, or subscribes again: after joining, creating, or a change of epoch. */
  follow(log: string): void {
    if (!this.#engine.connection.isOnline) return;
    this.#readers.delete(log);
    this.#wanted.add(log);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // In a microtask, so that all that one event makes follow goes in one request.
    queueMicrotask(() => this.#engine.spawn(() => this.#flush()));
  }

  /** Stops reading a log that was left. */
  unfollow(log: string): void {
    this.#wanted.delete(log);
    if (this.#readers.delete(log)) this.#unsubscribe(log);
  }

  /** The server says that a log has gone on. What brings the news here may have been lost: after a while it is asked for. */
  recheck(log: string): void {
    const reader = this.#readers.get(log);
    this.#after(clientLimits.retryWorkMs, () => {
      const isWaiting = reader !== undefined && this.#readers.get(log) === reader;
      if (isWaiting && this.#engine.tables.logs.get(log)?.epoch === reader.epoch) this.follow(log);
    });
  }

  isSynced(log: string): boolean {
    return this.#readers.get(log)?.isSynced === true;
  }

  /** Whether all logs that can be read have been read to the end. */
  isAllSynced(): boolean {
    if (!this.#engine.connection.isOnline || this.#wanted.size > 0) return false;
    const rows = this.#engine.tables.logs.followed();
    return rows.every((row) => !row.isCreated || this.isSynced(row.log));
  }

  push(push: Push): void {
    if (push.name === "entries") this.#entries(toHex(push.body.logId), push.body.entries);
    else if (push.name === "caughtUp") this.#mark(toHex(push.body.logId), "caughtUp", push.body.headSeq);
    else if (push.name === "lapsed") this.#mark(toHex(push.body.logId), "lapsed", push.body.seq);
  }

  async #flush(): Promise<void> {
    let logs: readonly string[] = [];
    try {
      while (this.#wanted.size > 0 && this.#engine.connection.isOnline) {
        logs = [...this.#wanted].slice(0, limits.subscriptionsPerRequestMax);
        for (const log of logs) this.#wanted.delete(log);
        await this.#subscribe(logs);
      }
    } catch (error) {
      // A new link subscribes by itself; on this one it is tried again.
      const missed = logs;
      const toldMs = error instanceof ProtocolError ? error.retryAfterMs : 0;
      this.#after(Math.max(toldMs, clientLimits.retryWorkMs), () => this.#retry(missed));
      throw error;
    } finally {
      this.#isFlushing = false;
    }
  }

  /** With a full jitter on top: others were refused at the same moment. */
  #after(atLeastMs: number, callback: () => void): void {
    this.#engine.after(retryDelayMs(0, this.#engine.fraction(), atLeastMs), callback);
  }

  #retry(logs: readonly string[]): void {
    for (const log of logs) if (!this.isSynced(log)) this.follow(log);
  }

  async #subscribe(logs: readonly string[]): Promise<void> {
    const rows = logs.flatMap((log) => this.#engine.tables.logs.get(log) ?? []).filter((row) => isFollowed(row.state));
    if (rows.length === 0) return;
    const readers = rows.map((row) => newReader(row));
    for (const reader of readers) this.#readers.set(reader.log, reader);
    const subscriptions = rows.map((row) => ({ logId: logIdOf(row.log), readKey: row.readKey, fromSeq: row.nextSeq }));
    const { results } = await this.#engine.connection.request("subscribe", { subscriptions }, () => {
      for (const reader of readers) reader.isOpen = true;
    });
    for (const [index, row] of rows.entries()) {
      const result = results[index];
      if (result !== undefined && result.status !== 0) this.#refused(row, errorCodeOf(result.status));
    }
  }

  #refused(row: LogRow, code: string): void {
    this.#readers.delete(row.log);
    if (code === "ERR_BUSY" || code === "ERR_STORAGE" || code === "ERR_QUOTA") {
      this.#after(clientLimits.retryWorkMs, () => this.follow(row.log));
      return;
    }
    // The log is there, and this key does not open it: the group has gone on without this device.
    if (row.kind === "group") this.#engine.healing.lost(row.log);
    this.#engine.waiters.changed();
  }

  #entries(log: string, entries: readonly Entry[]): void {
    const reader = this.#readers.get(log);
    if (reader === undefined || !reader.isOpen || reader.isPaused) return;
    for (const entry of entries) {
      if (reader.expectedSeq !== undefined && entry.seq !== reader.expectedSeq) {
        this.#engine.connection.drop("ERR_OUT_OF_ORDER");
        return;
      }
      reader.expectedSeq = entry.seq + 1;
      // A copy: the frame that the entry is a view into is larger than it, and waits no longer.
      reader.queue.push({ ...entry, bytes: entry.bytes.slice() });
      reader.queuedBytes += entry.bytes.length;
    }
    if (reader.queuedBytes > clientLimits.queueBytesMax) this.#pause(reader);
    this.#run(reader);
  }

  #mark(log: string, mark: "caughtUp" | "lapsed", seq: number): void {
    const reader = this.#readers.get(log);
    if (reader === undefined || !reader.isOpen || reader.isPaused) return;
    reader[mark] = seq;
    this.#run(reader);
  }

  /** Bounds memory: what comes faster than it is opened is left on the server for now. */
  #pause(reader: Reader): void {
    reader.isPaused = true;
    this.#unsubscribe(reader.log);
  }

  #unsubscribe(log: string): void {
    this.#engine.spawn(async () => {
      if (!this.#engine.connection.isOnline) return;
      await this.#engine.connection.request("unsubscribe", { logIds: [logIdOf(log)] });
    });
  }

  #run(reader: Reader): void {
    if (reader.isRunning) return;
    reader.isRunning = true;
    this.#engine.spawn(async () => {
      try {
        while (this.#readers.get(reader.log) === reader && !this.#engine.isStopped) {
          if (reader.queue.length > 0) await this.#process(reader);
          else {
            this.#settle(reader);
            break;
          }
        }
      } catch (error) {
        // A blob that could not be fetched just now, for one: the same entries are asked for again.
        if (this.#readers.get(reader.log) === reader)
          this.#engine.after(clientLimits.retryWorkMs, () => this.follow(reader.log));
        throw error;
      } finally {
        reader.isRunning = false;
      }
    });
  }

  async #process(reader: Reader): Promise<void> {
    const { log } = reader;
    const batch = reader.queue.slice(0, clientLimits.entriesPerTransactionMax);
    const done = await this.#engine.lanes.run(log, async () => {
      const row = this.#engine.tables.logs.get(log);
      if (row === undefined || !isFollowed(row.state) || this.#readers.get(log) !== reader) return batch.length;
      const fresh = batch.filter((entry) => entry.seq >= row.nextSeq);
      if (fresh.length === 0) return batch.length;
      const process = row.kind === "contact" ? processContactEntries : processGroupEntries;
      return batch.length - fresh.length + (await process(this.#engine, row, fresh));
    });
    for (const entry of reader.queue.splice(0, done)) reader.queuedBytes -= entry.bytes.length;
    // A batch that moves nothing would be tried for ever.
    if (done === 0) this.#readers.delete(log);
  }

  /** What follows once the queue is empty. */
  #settle(reader: Reader): void {
    const { log } = reader;
    const row = this.#engine.tables.logs.get(log);
    if (row === undefined || !isFollowed(row.state)) return;
    const { caughtUp, lapsed } = reader;
    const hasNewKeys = row.epoch !== reader.epoch && (lapsed ?? caughtUp) !== undefined;
    if (reader.isPaused || hasNewKeys) this.follow(log);
    else if (Math.max(caughtUp ?? 0, lapsed ?? 0) >= row.nextSeq) this.#withheld(row, reader);
    // The server has gone to another epoch by an entry that was no commit to this device.
    else if (lapsed !== undefined) this.#engine.healing.lost(log);
    else if (caughtUp !== undefined && !reader.isSynced) {
      this.#missing.delete(log);
      reader.isSynced = true;
      this.#synced(log);
    }
  }

  /**
   * The server says that there are entries which it has not sent. Once, that is a fault of this link, and another
   * one may have them. Twice, they are gone: expired, or kept from this device for good.
   */
  #withheld(row: LogRow, reader: Reader): void {
    if (!this.#missing.delete(row.log)) {
      this.#missing.add(row.log);
      this.#engine.connection.drop("ERR_OUT_OF_ORDER");
    } else if (reader.lapsed !== undefined) this.#engine.healing.lost(row.log);
    else this.#engine.healing.skip(row.log, reader.caughtUp ?? 0);
  }

  #synced(log: string): void {
    this.#engine.commits.kick(log);
    this.#engine.outbox.kick(log);
    this.#engine.receipts.synced(log);
    if (this.#engine.tables.logs.get(log)?.kind === "contact") this.#engine.contactGaps.kick(log);
    else this.#engine.history.kick(log);
    this.#engine.devices.reconcile();
    this.#engine.waiters.changed();
  }
}

function newReader(row: LogRow): Reader {
  return {
    log: row.log,
    queue: [],
    queuedBytes: 0,
    expectedSeq: undefined,
    epoch: row.epoch,
    caughtUp: undefined,
    lapsed: undefined,
    isSynced: false,
    isRunning: false,
    isPaused: false,
    isOpen: false,
  };
}
