/**
 * Sends what is queued in a log, in order.
 *
 * 1. A content is sealed only while the log is read to its end, so that no restored backup seals with keys
 *    that were used before, and never while an own commit is on its way.
 * 2. The sealed entry and the moved ratchet are durable before the first byte leaves. What can leave at once is
 *    queued and sealed in one transaction.
 * 3. One entry per log is in flight: the order of the queue is the order of the log.
 * 4. The entry id stays the same through every repetition. An entry is sealed anew only when the log has
 *    been read past the end of the epoch that it was sealed in, and it was not there: so it is appended once.
 */
import { asId, isTransient, ProtocolError, toHex } from "@rempart/protocol";
import {
  composeMessage,
  encodeEnvelope,
  encryptMessage,
  type Group,
  type LogHead,
  type MessageOptions,
  type OutgoingContent,
  proposeLeave,
  SessionError,
  type StagedMessage,
} from "@rempart/session";
import type { Changes } from "../engine/changes.ts";
import type { Engine } from "../engine/engine.ts";
import { newEntryId } from "../engine/identity.ts";
import type { Pump } from "../engine/pump.ts";
import { addUpload } from "../files/uploads.ts";
import { placeOwn } from "../messages/place.ts";
import { isFollowed, type LogRow, logIdOf } from "../store/logs.ts";
import type { NewOutboxRow, OutboxRow, SealedRow } from "../store/outbox.ts";

/** An encoded content to be queued. */
type NewContent = Pick<NewOutboxRow, "message" | "partOf" | "waitsFor"> & { readonly content: Uint8Array };

/** A sealed entry that is not durable yet, and must not leave. */
interface Sealing {
  readonly staged: StagedMessage;
  readonly sealed: SealedRow;
}

export class Outbox {
  readonly #engine: Engine;
  readonly #pump: Pump;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((log) => this.#work(log));
  }

  kick(log: string): void {
    this.#pump.kick(log);
  }

  kickAll(): void {
    for (const log of this.#engine.tables.outbox.logsWithWork()) this.kick(log);
  }

  /** Encodes a content of this account for a log; queue it with {@link add}. `options` as of `composeMessage`. */
  async compose(
    log: string,
    content: OutgoingContent,
    options: Pick<MessageOptions, "again"> = {},
  ): Promise<{ message: string; content: Uint8Array }> {
    const { keys } = this.#engine.own();
    const context = { sender: keys.accountId, groupId: logIdOf(log) };
    const composed = await composeMessage(this.#engine.crypto, context, content, options);
    return { message: toHex(composed.messageId), content: composed.content };
  }

  /** Queues an encoded content. Call it in a transaction, and `kick` after it. */
  add(log: string, content: NewContent, sealed?: SealedRow): void {
    const entryId = newEntryId(this.#engine.crypto);
    this.#engine.tables.outbox.add({ log, kind: "content", entryId, ...content, ...(sealed && { sealed }) });
  }

  /**
   * Queues an encoded content in one transaction with what `alongside` writes, sealed already where nothing is
   * ahead of it: then its way out takes one flush of the disk. Sends it once it is durable. Call it in the log's lane.
   */
  async queue(log: string, content: NewContent, alongside: (changes: Changes) => void): Promise<void> {
    const sealing = await this.#sealAtOnce(log, content);
    // Asked again: the link may have gone meanwhile, or something else may have been queued.
    const kept = this.#isNext(log) ? sealing : undefined;
    this.#engine.write(
      (changes) => {
        this.add(log, content, kept?.sealed);
        if (kept !== undefined) this.#keep(log, kept.staged);
        alongside(changes);
      },
      () => {
        if (kept !== undefined) this.#engine.groupCache.set(log, kept.staged.after);
        // Durable: it leaves before anybody is told, as those who are told have work to do.
        this.kick(log);
      },
    );
  }

  async #work(log: string): Promise<"again" | "idle"> {
    if (!this.#canSend(log)) return "idle";
    const row = this.#sealedNext(log) ?? (await this.#engine.lanes.run(log, () => this.#sealNext(log)));
    if (row?.sealed === undefined) return "idle";
    if (row.sealed.upload !== undefined && this.#engine.tables.uploads.has(row.sealed.upload)) {
      this.#engine.uploads.kick();
      return "idle";
    }
    return this.#send(row, row.sealed);
  }

  #canSend(log: string): boolean {
    const { logs, commits } = this.#engine.tables;
    return this.#engine.sync.isSynced(log) && isFollowed(logs.get(log)?.state) && commits.staged(log) === undefined;
  }

  /** Whether what is queued now would be the next to leave. */
  #isNext(log: string): boolean {
    return this.#canSend(log) && this.#engine.tables.outbox.next(log) === undefined;
  }

  async #sealAtOnce(log: string, { content, waitsFor }: NewContent): Promise<Sealing | undefined> {
    if (waitsFor !== undefined || !this.#isNext(log)) return undefined;
    const group = await this.#engine.groupCache.get(log);
    const logRow = this.#engine.tables.logs.get(log);
    if (group === undefined || logRow === undefined || group.pendingRemovals.length > 0) return undefined;
    try {
      return sealingOf(group, await this.#stage({ kind: "content", content }, group, logRow));
    } catch (error) {
      // What stands in the way may pass: the content is queued, and the pump tries, and reports, again.
      if (error instanceof SessionError) return undefined;
      throw error;
    }
  }

  /** The next row, if it is sealed for the epoch that the log is in: then its lane is not needed. */
  #sealedNext(log: string): OutboxRow | undefined {
    const row = this.#engine.tables.outbox.next(log);
    return row?.sealed !== undefined && row.sealed.epoch === this.#engine.groupCache.peek(log)?.epoch ? row : undefined;
  }

  async #sealNext(log: string): Promise<OutboxRow | undefined> {
    const { outbox, logs } = this.#engine.tables;
    const row = outbox.next(log);
    // Asked again inside the lane: a commit may have been staged since.
    if (row === undefined || !this.#canSend(log)) return undefined;
    const group = await this.#engine.healing.groupOf(log);
    const logRow = logs.get(log);
    if (group === undefined || logRow === undefined || !this.#canSend(log)) return undefined;
    if (row.sealed?.epoch === group.epoch) return row;
    if (row.kind === "content" && group.pendingRemovals.length > 0) {
      this.#engine.commits.letGo(log);
      return undefined;
    }
    return this.#seal(row, group, logRow);
  }

  async #seal(row: OutboxRow, group: Group, logRow: LogRow): Promise<OutboxRow | undefined> {
    const sealing = sealingOf(group, await this.#stage(row, group, logRow));
    if (sealing === undefined) {
      this.#engine.write(() => this.#engine.tables.outbox.remove(row.id));
      this.kick(row.log);
      return undefined;
    }
    const { staged, sealed } = sealing;
    this.#engine.write(
      () => {
        this.#engine.tables.outbox.seal(row.id, sealed);
        this.#keep(row.log, staged);
      },
      () => this.#engine.groupCache.set(row.log, staged.after),
    );
    return { ...row, sealed };
  }

  /** Writes the ratchet that a seal has moved, and its blob. Call it in a transaction. */
  #keep(log: string, { writes, blob }: StagedMessage): void {
    this.#engine.tables.groups.write(log, writes);
    if (blob !== undefined) addUpload(this.#engine, blob);
  }

  /** `undefined` when there is nothing left to say: a device that is to leave is already on its way out. */
  async #stage(
    { kind, content = new Uint8Array() }: Pick<OutboxRow, "kind" | "content">,
    group: Group,
    logRow: LogRow,
  ): Promise<StagedMessage | undefined> {
    if (kind === "content") {
      const payload = encodeEnvelope({ head: headOf(logRow), content });
      return encryptMessage(this.#engine.crypto, group, payload);
    }
    const leaving = group.members.find((member) => toHex(member.deviceId) === toHex(content));
    if (leaving === undefined) return undefined;
    const [staged] = await proposeLeave(this.#engine.crypto, group, [leaving.leafIndex]);
    return staged;
  }

  async #send(row: OutboxRow, sealed: SealedRow): Promise<"again" | "idle"> {
    try {
      const place = await this.#engine.connection.request("append", {
        logId: logIdOf(row.log),
        writeKey: asId("Capability", sealed.writeKey),
        entryId: row.entryId,
        ifEpoch: undefined,
        next: undefined,
        bytes: sealed.entry,
      });
      // Once the log has brought the entry back, all that the acknowledgement says is known.
      if (this.#engine.tables.outbox.has(row.id)) {
        this.#engine.write((changes) => this.#acknowledged(row, place, changes));
      }
      return "again";
    } catch (error) {
      if (!(error instanceof ProtocolError) || isTransient(error.code)) throw error;
      // The group has moved on: the commit is on its way here, and everything is sealed anew after it.
      if (error.code === "ERR_EPOCH" || error.code === "ERR_LAPSED") {
        this.#engine.sync.recheck(row.log);
        return "idle";
      }
      this.#engine.write((changes) => this.#refused(row, error.code, changes));
      return "again";
    }
  }

  #acknowledged(row: OutboxRow, place: { readonly seq: number; readonly receivedAt: number }, changes: Changes): void {
    const { outbox, logs } = this.#engine.tables;
    // The log may have brought the entry back before the acknowledgement, or will never: after a rejoin.
    if ((logs.get(row.log)?.nextSeq ?? 0) > place.seq) outbox.remove(row.id);
    else outbox.acknowledge(row.id, place.seq);
    placeOwn(this.#engine, row, { seq: place.seq, at: place.receivedAt }, changes);
  }

  #refused(row: OutboxRow, code: string, changes: Changes): void {
    const { outbox, messages } = this.#engine.tables;
    if (row.partOf === undefined) {
      outbox.remove(row.id);
      return;
    }
    outbox.fail(row.id, code);
    if (messages.get(row.partOf)?.state === "queued") messages.setState(row.partOf, "failed", code);
    changes.message(row.partOf);
  }
}

function sealingOf({ keys, epoch }: Group, staged: StagedMessage | undefined): Sealing | undefined {
  if (staged === undefined) return undefined;
  const upload = staged.blob && toHex(staged.blob.reference.blobId);
  return {
    staged,
    sealed: { epoch, writeKey: keys.writeKey, entry: staged.entry, ...(upload !== undefined && { upload }) },
  };
}

/** What this device has seen of the log; nothing while its chain is not known. */
function headOf({ nextSeq, chain }: LogRow): LogHead {
  if (nextSeq === 1 || chain.length === 0) return { seq: 0, chain: new Uint8Array(32) };
  return { seq: nextSeq - 1, chain };
}
