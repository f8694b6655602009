/**
 * An own commit may be in the log although this device does not know: it has lost its place before it read so, or a
 * backup was restored that is older than the commit. Whom it added is in the group then, and would never hear of it.
 *
 * 1. Its Welcome is kept, durably, when the staged commit is given up, or when the note that preceded it is read and says
 *    nothing that this device remembers.
 * 2. The read capability of the epoch that it was made for ends with the commit that ended the epoch: if that is this
 *    one, those whom it added are welcomed. This device finds its way back by them, if it has to.
 * 3. If it is another one, nobody is. That is certain once this device has found its way back, or has given up.
 */
import { isTransient, limits, ProtocolError, sameBytes, toHex } from "@rempart/protocol";
import type { AddingEntry, CompactCard } from "@rempart/session";
import { reachMember } from "../contacts/reach.ts";
import { knownReach, prepareWelcomes, type Reach } from "../contacts/send-welcome.ts";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import type { CommitRow } from "../store/commits.ts";
import type { LateWelcome } from "../store/late-welcomes.ts";
import { type LogRow, logIdOf } from "../store/logs.ts";

export class LateWelcomes {
  readonly #engine: Engine;
  readonly #pump: Pump;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((entryId) => this.#work(entryId));
  }

  kickAll(): void {
    for (const { entryId } of this.#engine.tables.lateWelcomes.all()) this.#pump.kick(toHex(entryId));
  }

  /** A staged commit is given up in a log as it was read last. Call it in a transaction. */
  keep({ log, readKey }: LogRow, { entryId, detail }: CommitRow): void {
    const { welcome, welcomed } = detail;
    if (welcome === undefined) return;
    this.#engine.tables.lateWelcomes.add({ log, entryId, readKey, detail: { welcome, welcomed, helpers: [] } });
  }

  /** This device does not remember what became of the commit that this note was about. Call it in a transaction. */
  remember(log: string, { entryId, readKey, welcome, welcomed, helpers }: AddingEntry): void {
    const detail = { welcome, welcomed: welcomed.map(toHex), helpers };
    this.#engine.tables.lateWelcomes.add({ log, entryId, readKey, detail });
  }

  async #work(key: string): Promise<"again" | "idle"> {
    const { lateWelcomes, logs } = this.#engine.tables;
    const late = lateWelcomes.all().find(({ entryId }) => toHex(entryId) === key);
    if (late === undefined || !this.#engine.connection.isOnline) return "idle";
    // Asked before the log is: what is found after that is the last word.
    const isOver = logs.get(late.log)?.state !== "lost";
    const seq = await this.#placeOf(late);
    if (seq !== undefined) await this.#welcome(late, seq);
    else if (isOver) this.#engine.write(() => lateWelcomes.remove(late.entryId));
    return "idle";
  }

  /** Where the commit stands in its log, if it is the last entry that its epoch's key reaches. */
  async #placeOf({ log, entryId, readKey }: LateWelcome): Promise<number | undefined> {
    const logId = logIdOf(log);
    try {
      const { headSeq } = await this.#engine.connection.request("read", { logId, readKey, fromSeq: 1, limit: 0 });
      const last = { logId, readKey, fromSeq: headSeq, limit: limits.entriesPerFrameMax };
      const { entries } = await this.#engine.connection.request("read", last);
      return entries.find((entry) => sameBytes(entry.entryId, entryId))?.seq;
    } catch (error) {
      // The log is gone, or never was: there is nobody to be welcomed.
      if (error instanceof ProtocolError && !isTransient(error.code)) return undefined;
      throw error;
    }
  }

  async #welcome({ log, entryId, detail }: LateWelcome, seq: number): Promise<void> {
    const { welcome, welcomed, helpers } = detail;
    this.#engine.write(() => this.#engine.healing.noteHelpers(log, helpers));
    const reaches: Reach[] = [];
    for (const account of welcomed) reaches.push(...(await this.#reachOf(account)));
    // This device has not followed the log up to there: it cannot vouch for the chain.
    const place = { log, seq, chain: new Uint8Array() };
    const deliveries = await prepareWelcomes(this.#engine, { ...place, welcome, welcomed: reaches });
    this.#engine.write(() => {
      this.#engine.tables.lateWelcomes.remove(entryId);
      for (const delivery of deliveries) this.#engine.tables.deliveries.add(delivery);
      this.#findBack(log, seq, helpers);
    });
    this.#engine.deliveries.kick();
    this.#engine.healing.kickAll();
    this.#engine.keyPackages.kick();
  }

  async #reachOf(account: string): Promise<readonly Reach[]> {
    if (account === this.#engine.own().account) return [knownReach(this.#engine, account)];
    const reach = await reachMember(this.#engine, account);
    return reach === undefined ? [] : [reach];
  }

  /** A device that does not know the group is a member of it. Call it in a transaction. */
  #findBack(log: string, seq: number, helpers: readonly CompactCard[]): void {
    const state = this.#engine.tables.logs.get(log)?.state;
    if (state !== undefined && state !== "left") return;
    const [first] = helpers;
    const helper = first === undefined ? this.#engine.own().account : toHex(first.accountId);
    this.#engine.healing.missed({ log, fromSeq: seq + 1, chain: new Uint8Array(), helper });
    this.#engine.healing.noteHelpers(log, helpers);
    this.#engine.keyPackages.suspect();
  }
}
