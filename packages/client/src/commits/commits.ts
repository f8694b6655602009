/**
 * Changes groups, by commits that race for an epoch.
 *
 * 1. A wish is durable before anything is done for it, and stays until the log shows that it is so.
 * 2. One commit per log is staged at a time: durable, with its entry id and the group after it, before
 *    it is sent. Whom it adds stands in a note in the own contact log before that.
 * 3. The log decides. An own staged commit that comes out of it is applied; another's commit ends the staged
 *    one, and the wish is planned anew in the group as it then is.
 */
import { asId, fromHex, isTransient, ProtocolError, toHex } from "@rempart/protocol";
import { commit, SessionError } from "@rempart/session";
import { prepareNote } from "../contacts/send-welcome.ts";
import type { Engine } from "../engine/engine.ts";
import { newEntryId } from "../engine/identity.ts";
import type { Pump } from "../engine/pump.ts";
import { asClientError, ClientError } from "../errors.ts";
import { addUpload } from "../files/uploads.ts";
import { clientLimits } from "../limits.ts";
import type { CommitRow, Intention, Wish } from "../store/commits.ts";
import { logIdOf } from "../store/logs.ts";
import { planChange } from "./change.ts";

export class Commits {
  readonly #engine: Engine;
  readonly #pump: Pump;
  /** Why a wish was given up, until its caller has heard. */
  readonly #failures = new Map<number, ClientError>();
  readonly #leaveTimers = new Set<string>();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((log) => this.#work(log));
  }

  kick(log: string): void {
    this.#pump.kick(log);
  }

  kickAll(): void {
    for (const log of this.#engine.tables.commits.logsWithWork()) this.kick(log);
  }

  /** Something that a staged commit had to wait for is done. */
  kickStaged(): void {
    for (const log of this.#engine.tables.commits.stagedLogs()) this.kick(log);
  }

  /** Makes a wish and waits until it has come true in the log, as far as `settleTimeoutMs` allows. */
  async fulfil(log: string, wish: Wish): Promise<void> {
    const id = this.#engine.write(() => this.#engine.tables.commits.wish(log, wish));
    this.kick(log);
    await this.settled(log, id);
  }

  /** Waits for a wish. Returns early when there is no connection: what is wished stays so. */
  async settled(log: string, id: number): Promise<void> {
    let isOver = false;
    const cancel = this.#engine.after(clientLimits.settleTimeoutMs, () => {
      isOver = true;
      this.#engine.waiters.changed();
    });
    try {
      await this.#engine.waiters.until(() => {
        const failure = this.#failures.get(id);
        if (failure !== undefined) throw failure;
        return isOver || !this.#isOpen(log, id) ? true : undefined;
      });
    } finally {
      cancel();
      this.#failures.delete(id);
    }
  }

  /** This device's keys in a group may be known twice: renew them. Call it in a transaction. */
  renew(log: string): void {
    this.#wishOnce(log, { kind: "renew" });
  }

  /** Somebody's leave waits; a restart must not forget it. Call it in a transaction. */
  wishToLetGo(log: string): void {
    if (this.#engine.tables.logs.get(log)?.state === "active") this.#wishOnce(log, { kind: "let-go" });
  }

  /** Somebody's leave waits and something is to be sent: it cannot be before the leave is committed. */
  letGo(log: string): void {
    this.#engine.write(() => this.wishToLetGo(log));
    this.kick(log);
  }

  /** A leave waits. Whoever draws the shortest delay commits it; the others then find nothing to do. */
  proposalsWait(log: string): void {
    if (this.#leaveTimers.has(log)) return;
    this.#leaveTimers.add(log);
    this.#engine.after(this.#engine.fraction() * clientLimits.leaveCommitDelayMsMax, () => {
      this.#leaveTimers.delete(log);
      this.#engine.spawn(async () => {
        const group = await this.#engine.lanes.run(log, () => this.#engine.groupCache.get(log));
        if (group?.isActive === true && group.pendingRemovals.length > 0) this.letGo(log);
      });
    });
  }

  #wishOnce(log: string, wish: Wish): void {
    const { commits } = this.#engine.tables;
    const isWished = commits.intentions(log).some((intention) => intention.wish.kind === wish.kind);
    if (!isWished) commits.wish(log, wish);
  }

  #isOpen(log: string, id: number): boolean {
    return this.#engine.tables.commits.intentions(log).some((intention) => intention.id === id);
  }

  async #work(log: string): Promise<"again" | "idle"> {
    const { logs, commits } = this.#engine.tables;
    if (!this.#engine.sync.isSynced(log) || logs.get(log)?.state !== "active") return "idle";
    const staged = commits.staged(log);
    if (staged !== undefined) return this.#send(staged);
    const intention = commits.nextIntention(log);
    if (intention === undefined) return "idle";
    return this.#engine.lanes.run(log, () => this.#stage(intention));
  }

  /** Leaves a staged commit behind, or ends the intention. */
  async #stage(intention: Intention): Promise<"again" | "idle"> {
    const { log, id, wish } = intention;
    const { commits, deliveries, uploads } = this.#engine.tables;
    const group = await this.#engine.healing.groupOf(log);
    // Asked again inside the lane.
    if (group?.isActive !== true || commits.staged(log) !== undefined || !this.#engine.sync.isSynced(log))
      return "idle";
    // A commit cannot take up its own committer's leave, and would drop it: others have to commit first.
    if (group.pendingRemovals.some((member) => member.leafIndex === group.self.leafIndex)) return "idle";
    try {
      const plan = await planChange(this.#engine.crypto, group, wish);
      if (plan === undefined) {
        this.#engine.write(() => commits.fulfil(id));
        return "again";
      }
      const made = await commit(this.#engine.crypto, group, plan.change);
      const upload = made.blob && toHex(made.blob.reference.blobId);
      const entryId = newEntryId(this.#engine.crypto);
      const { epoch, keys } = group;
      const { welcomed } = plan;
      const { readKey } = keys;
      const note =
        made.welcome &&
        (await prepareNote(this.#engine, { log, epoch, entryId, readKey, welcome: made.welcome, welcomed }));
      const row: CommitRow = {
        log,
        entryId,
        entry: made.entry,
        ...(upload !== undefined && { upload }),
        epoch,
        readAuth: made.next.readAuth,
        writeAuth: made.next.writeAuth,
        writeKey: keys.writeKey,
        snapshot: made.write.bytes,
        detail: {
          intention: id,
          welcomed,
          ...(note && { welcome: note.welcome, note: toHex(note.delivery.entryId) }),
        },
      };
      this.#engine.write(() => {
        commits.stage(row);
        if (made.blob !== undefined) addUpload(this.#engine, made.blob);
        if (note?.upload !== undefined) uploads.add(note.upload.row, note.upload.ciphertext);
        if (note !== undefined) deliveries.add(note.delivery);
      });
    } catch (error) {
      if (!(error instanceof SessionError || error instanceof ClientError)) throw error;
      this.#giveUp(log, id, error);
    }
    return "again";
  }

  async #send(row: CommitRow): Promise<"again" | "idle"> {
    if (row.upload !== undefined && this.#engine.tables.uploads.has(row.upload)) {
      this.#engine.uploads.kick();
      return "idle";
    }
    // A device that is restored from a backup would not know whom it had added, and could not welcome them.
    if (row.detail.note !== undefined && this.#engine.tables.deliveries.has(fromHex(row.detail.note))) {
      this.#engine.uploads.kick();
      this.#engine.deliveries.kick();
      return "idle";
    }
    try {
      await this.#engine.connection.request("append", {
        logId: logIdOf(row.log),
        writeKey: asId("Capability", row.writeKey),
        entryId: row.entryId,
        ifEpoch: row.epoch,
        next: { readAuth: asId("Auth", row.readAuth), writeAuth: asId("Auth", row.writeAuth) },
        bytes: row.entry,
      });
    } catch (error) {
      if (!(error instanceof ProtocolError) || isTransient(error.code)) throw error;
      // Another commit has won, and is on its way here.
      if (error.code === "ERR_EPOCH" || error.code === "ERR_LAPSED") {
        this.#engine.sync.recheck(row.log);
        return "idle";
      }
      this.#engine.write(() => this.#engine.tables.commits.unstage(row.log));
      if (row.detail.intention !== undefined) this.#giveUp(row.log, row.detail.intention, error);
      return "again";
    }
    return "idle";
  }

  #giveUp(log: string, id: number, error: Error): void {
    const cause = asClientError(error);
    const failure = cause.code === "ERR_POLICY" ? new ClientError("ERR_PERMISSION", cause.message) : cause;
    this.#failures.set(id, failure);
    this.#engine.write(() => this.#engine.tables.commits.fulfil(id));
    // Nobody may be waiting for it any more.
    this.#engine.after(clientLimits.settleTimeoutMs, () => this.#failures.delete(id));
    this.kick(log);
  }
}
