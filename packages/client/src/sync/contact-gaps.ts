/**
 * Entries of the contact log that the server did not send when they were due: expired, or withheld. Nobody else has
 * them, so the server is asked again over later links, and what comes late has its effect late: a Welcome, for one.
 */
import { type Entry, limits, toHex } from "@rempart/protocol";
import type { Engine } from "../engine/engine.ts";
import type { Pump } from "../engine/pump.ts";
import type { SeqRange } from "../history/telling.ts";
import { clientLimits } from "../limits.ts";
import { logIdOf } from "../store/logs.ts";
import { contactEffect } from "./contact-log.ts";

export class ContactGaps {
  readonly #engine: Engine;
  readonly #pump: Pump;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#pump = engine.pump((log) => this.#work(log));
  }

  /** The entries of a range of seqs, both ends included, were passed over. Call it in a transaction. */
  missed(log: string, { fromSeq, toSeq }: SeqRange): void {
    if (toSeq < fromSeq) return;
    const { gaps } = this.#engine.tables;
    const known = gaps.of(log);
    const last = known.at(-1);
    // What is read once more between two gaps does no harm.
    if (last !== undefined && known.length >= clientLimits.gapsPerLogMax) gaps.widen(last.request, toSeq);
    else gaps.add({ log, request: toHex(this.#engine.crypto.entropy.randomBytes(16)), fromSeq, toSeq });
  }

  /** The contact log has been read to its end over this link: time to ask for the rest. */
  kick(log: string): void {
    this.#pump.kick(log);
  }

  async #work(log: string): Promise<"again" | "idle"> {
    const { gaps } = this.#engine.tables;
    for (const { request, tries } of gaps.of(log)) {
      if (!this.#engine.sync.isSynced(log)) break;
      this.#engine.write(() => gaps.setAsked(request, this.#engine.clock.now()));
      while (await this.#fetch(log, request));
      if (tries + 1 >= clientLimits.contactGapTriesMax) this.#engine.write(() => gaps.remove(request));
    }
    return "idle";
  }

  /** Answers whether some of it came, and there may be more. */
  async #fetch(log: string, request: string): Promise<boolean> {
    const gap = this.#engine.tables.gaps.get(request);
    const readKey = this.#engine.tables.logs.get(log)?.readKey;
    if (gap === undefined || readKey === undefined) return false;
    const { fromSeq, toSeq } = gap;
    const limit = Math.min(limits.entriesPerFrameMax, toSeq - fromSeq + 1);
    const { entries } = await this.#engine.connection.request("read", { logId: logIdOf(log), readKey, fromSeq, limit });
    const found = entries.filter((entry) => entry.seq >= fromSeq && entry.seq <= toSeq);
    for (const entry of found) await this.#engine.lanes.run(log, () => this.#take(request, entry));
    return found.length > 0;
  }

  async #take(request: string, entry: Entry): Promise<void> {
    const effect = await contactEffect(this.#engine, entry);
    this.#engine.write(
      (changes) => {
        this.#engine.tables.gaps.shrink(request, entry.seq + 1);
        effect.write?.(changes);
      },
      () => effect.apply?.(),
    );
  }
}
