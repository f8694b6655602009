import type { GateServerLimits } from "../limits.ts";
import type { SpentSet } from "../ports.ts";
import { RecencyMap } from "./recency-map.ts";

/** Something that is good once. */
export interface Claim {
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** Until when it has to be remembered, milliseconds since the Unix epoch. */
  readonly rememberUntil: number;
  /** Whether it may be taken against this process's memory alone while the spent set cannot be written. */
  readonly isTakenUnkept: boolean;
}

/** `busy`: not spent, as far as anybody knows. `failed`: nobody knows whether it was kept; it was not let in. */
export type Spent = "fresh" | "used" | "busy" | "failed";

interface SpendingOptions {
  readonly spent: SpentSet;
  readonly limits: Pick<GateServerLimits, "spendsInFlightMax" | "spentRememberedMax" | "unkeptMax">;
}

/** Claims written to the spent set in one `retry`. */
const retriesMax = 64;

/**
 * Spends what is good once ([GT12]). What was used of late is remembered in memory too, so that showing it again costs
 * no question to the spent set. The invariants:
 *
 * 1. Of all calls of `spend` for one id, in whatever order and at the same time, one at most answers `fresh`, as long
 *    as the spent set keeps its promise; ids that it could not take are held here until it has taken them.
 * 2. `fresh` is said only after the spent set has it, unless the claim may be taken unkept.
 */
export class Spending {
  readonly #spent: SpentSet;
  readonly #limits: SpendingOptions["limits"];
  readonly #inFlight = new Set<string>();
  readonly #remembered: RecencyMap<string, true>;
  /** Taken although the spent set could not be written. */
  readonly #unkept = new Map<string, Claim>();
  #isRetrying = false;

  constructor({ spent, limits }: SpendingOptions) {
    this.#spent = spent;
    this.#limits = limits;
    this.#remembered = new RecencyMap(limits.spentRememberedMax);
  }

  get size(): { readonly inFlight: number; readonly remembered: number; readonly unkept: number } {
    return { inFlight: this.#inFlight.size, remembered: this.#remembered.size, unkept: this.#unkept.size };
  }

  /** What `spend` would answer without asking anybody; nothing when it would have to ask. */
  known(id: Uint8Array): "used" | "busy" | undefined {
    const key = keyOf(id);
    if (this.#remembered.peek(key) !== undefined || this.#unkept.has(key)) return "used";
    return this.#inFlight.has(key) ? "busy" : undefined;
  }

  /** Spends a claim. Never rejects. */
  async spend(claim: Claim): Promise<Spent> {
    const known = this.known(claim.id);
    if (known !== undefined) return known;
    if (!this.#hasPlace(claim)) return "busy";
    const key = keyOf(claim.id);
    this.#inFlight.add(key);
    try {
      const isFresh = await this.#spent.spend(claim.id, claim.rememberUntil);
      this.#remembered.set(key, true);
      return isFresh ? "fresh" : "used";
    } catch {
      // Why it cannot be written is the store's to report; here it only decides who is let in.
      return this.#withoutStore(key, claim);
    } finally {
      this.#inFlight.delete(key);
    }
  }

  /** Tries again to write what could not be kept. Call it now and then; never rejects. */
  async retry(now: number): Promise<void> {
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    for (const [key, claim] of [...this.#unkept].slice(0, retriesMax)) {
      if (claim.rememberUntil > now && !(await this.#isKept(claim))) break;
      this.#remembered.set(key, true);
      this.#unkept.delete(key);
    }
    this.#isRetrying = false;
  }

  /** Whether the spent set has it by now, by this call or by the one that seemed to fail. */
  async #isKept({ id, rememberUntil }: Claim): Promise<boolean> {
    try {
      await this.#spent.spend(id, rememberUntil);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Asked before the spent set is: once it has failed, nobody knows whether it has kept a claim, and whoever is told
   * busy then may find his ticket used the next time.
   */
  #hasPlace({ isTakenUnkept }: Claim): boolean {
    const { spendsInFlightMax, unkeptMax } = this.#limits;
    const inFlight = this.#inFlight.size;
    return inFlight < spendsInFlightMax && (!isTakenUnkept || this.#unkept.size + inFlight < unkeptMax);
  }

  #withoutStore(key: string, claim: Claim): Spent {
    if (!claim.isTakenUnkept) return "failed";
    this.#unkept.set(key, claim);
    return "fresh";
  }
}

/** The first half of an id, as a string of eight characters: 128 bits of a hash tell all ids apart. */
function keyOf(id: Uint8Array): string {
  const view = new DataView(id.buffer, id.byteOffset, id.byteLength);
  let key = "";
  for (let at = 0; at < 16; at += 2) key += String.fromCharCode(view.getUint16(at));
  return key;
}
