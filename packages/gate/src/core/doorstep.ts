import type { GateMode } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";
import { type Bucket, type Fill, levelOf } from "./bucket.ts";
import type { GateCounters } from "./counters.ts";
import type { PrefixBook } from "./prefix-book.ts";
import { RecencyMap } from "./recency-map.ts";
import type { Outcome, Source } from "./types.ts";

/** What the doorstep looks at. */
export interface DoorstepView {
  readonly elapsed: number;
  readonly mode: GateMode;
}

/**
 * Accept or reset: room, deny list, and buckets, global and per prefix. Part of the room and of the global bucket is
 * kept for prefixes from which members came, so that strangers never use up all of it.
 */
export class Doorstep {
  readonly #limits: GateServerLimits;
  readonly #counters: GateCounters;
  readonly #book: PrefixBook;
  readonly #all: Bucket;
  readonly #prefixes: RecencyMap<string, Bucket>;
  /** Connections not admitted, by prefix: as many entries as there are such connections, at most. */
  readonly #unadmitted = new Map<string, number>();

  constructor(options: { limits: GateServerLimits; counters: GateCounters; book: PrefixBook; elapsed: number }) {
    this.#limits = options.limits;
    this.#counters = options.counters;
    this.#book = options.book;
    this.#prefixes = new RecencyMap(options.limits.prefixesMax);
    this.#all = { level: this.#fillOfAll().max, at: options.elapsed };
  }

  /** Entries of the tables that have one for each prefix. */
  get size(): { readonly buckets: number; readonly unadmitted: number } {
    return { buckets: this.#prefixes.size, unadmitted: this.#unadmitted.size };
  }

  /** Why a connection of this source would be reset now; nothing when it would be accepted. Changes nothing. */
  refusal(source: Source, view: DoorstepView): Outcome | undefined {
    const isTrusted = this.#book.isTrusted(source.prefix, view.elapsed);
    if (this.#isFull(isTrusted)) return "accept-full";
    if (this.#book.deniedForMs(source.prefix, view.elapsed) > 0) return "accept-denied";
    if (this.left(source, view) < 1) return "accept-prefix";
    const factor = isTrusted ? this.#limits.trustedPrefixFactor : 1;
    if (this.unadmitted(source) >= this.#limits.unadmittedPerPrefixMax * factor) return "accept-prefix";
    const fill = this.#fillOfAll();
    const reserved = isTrusted ? 0 : (fill.max * this.#limits.acceptReservedPercent) / 100;
    return levelOf(this.#all, fill, view.elapsed) < 1 + reserved ? "accept-rate" : undefined;
  }

  /** Takes one connection in. */
  take(source: Source, view: DoorstepView): void {
    const { elapsed } = view;
    this.#all.level = levelOf(this.#all, this.#fillOfAll(), elapsed) - 1;
    this.#all.at = elapsed;
    this.#prefixes.set(source.prefix, { level: this.left(source, view) - 1, at: elapsed });
    this.#unadmitted.set(source.prefix, this.unadmitted(source) + 1);
  }

  /** A connection that was taken in is admitted, or gone. */
  release(source: Source): void {
    const count = this.unadmitted(source) - 1;
    if (count > 0) this.#unadmitted.set(source.prefix, count);
    else this.#unadmitted.delete(source.prefix);
  }

  /** How many connections this source's prefix may make now. */
  left(source: Source, { elapsed, mode }: DoorstepView): number {
    const factor = this.#book.isTrusted(source.prefix, elapsed) ? this.#limits.trustedPrefixFactor : 1;
    return levelOf(this.#prefixes.peek(source.prefix), this.#fillOf(mode, factor), elapsed);
  }

  /** Connections of this source's prefix that are not admitted. */
  unadmitted(source: Source): number {
    return this.#unadmitted.get(source.prefix) ?? 0;
  }

  #isFull(isTrusted: boolean): boolean {
    const { unadmittedMax, connectionsMax, acceptReservedPercent, roomC } = this.#limits;
    const unadmittedPart = isTrusted ? 1 : 1 - acceptReservedPercent / 100;
    const connectionsPart = isTrusted ? 1 : roomC / 100;
    const { unadmitted, connections } = this.#counters;
    return unadmitted >= unadmittedMax * unadmittedPart || connections >= connectionsMax * connectionsPart;
  }

  #fillOfAll(): Fill {
    return this.#fill(this.#limits.acceptPerSecond);
  }

  #fillOf(mode: GateMode, factor: number): Fill {
    const limits = this.#limits;
    const perSecond = {
      normal: limits.acceptPerPrefixPerSecondNormal,
      guarded: limits.acceptPerPrefixPerSecondGuarded,
      siege: limits.acceptPerPrefixPerSecondSiege,
    }[mode];
    return this.#fill(perSecond * factor);
  }

  #fill(perSecond: number): Fill {
    return { perSecond, max: Math.max(1, (perSecond * this.#limits.acceptBurstMs) / 1_000) };
  }
}
