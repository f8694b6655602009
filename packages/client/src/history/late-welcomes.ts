/**
 * An own commit may be in the log although this device has lost its place before it read so. Whom it added is in the
 * group then, and would never know.
 *
 * 1. Its Welcome is kept, durably, when the staged commit is given up.
 * 2. The read capability of the epoch that it was made for ends with the commit that ended the epoch: if that is this
 *    one, those whom it added are welcomed.
 * 3. If it is another one, nobody is. That is certain once this device has found its way back, or has given up.
 */
import { isTransient, limits, ProtocolError, sameBytes, toHex } from "@rempart/protocol";
import { addDeliveries, prepareWelcomes } from "../contacts/send-welcome.ts";
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
  keep({ log, readKey }: LogRow, { entryId, welcome, detail }: CommitRow): void {
    // The way back into a group adds nobody.
    if (welcome === undefined) return;
    this.#engine.tables.lateWelcomes.add({ log, entryId, readKey, welcome, welcomed: detail.welcomed });
  }

  async #work(key: string): Promise<"again" | "idle"> {
    const { lateWelcomes, logs } = this.#engine.tables;
    const late = lateWelcomes.all().find(({ entryId }) => toHex(entryId) === key);
    if (late === undefined || !this.#engine.connection.isOnline) return "idle";
    // Asked before the log is: what is found after that is the last word.
    const isOver = logs.get(late.log)?.state !== "lost";
    const seq = await this.#placeOf(late);
    if (seq === undefined && !isOver) return "idle";
    const { log, welcome, welcomed } = late;
    // This device has not followed the log up to there: it cannot vouch for the chain.
    const chain = new Uint8Array();
    const deliveries =
      seq === undefined ? [] : await prepareWelcomes(this.#engine, { log, seq, chain, welcome, welcomed });
    this.#engine.write(() => {
      lateWelcomes.remove(late.entryId);
      addDeliveries(this.#engine, deliveries);
    });
    this.#engine.deliveries.kick();
    this.#engine.uploads.kick();
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
}
