import type { GateServerLimits } from "../limits.ts";
import { Served } from "./served.ts";
import type { Source } from "./types.ts";

/** What a prefix may have had of late when the lane is just short of half full; less as it runs dry. */
const prefixAllowance = 4;
/** How many times its even part a network may have had when the lane is nearly dry. */
const networkFactor = 2;

/**
 * Fair shares of the newcomers' lane: by prefix first, then by network. While the lane is half full everybody is
 * welcome; the drier it is, the less a prefix may have had in the last `servedMs`, and at the end its network too.
 */
export class Fairness {
  readonly #prefixes: Served;
  readonly #networks: Served;

  constructor({
    prefixesMax,
    networksMax,
    servedMs,
  }: Pick<GateServerLimits, "prefixesMax" | "networksMax" | "servedMs">) {
    this.#prefixes = new Served({ keysMax: prefixesMax, fadeMs: servedMs });
    this.#networks = new Served({ keysMax: networksMax, fadeMs: servedMs });
  }

  get size(): { readonly prefixes: number; readonly networks: number } {
    return { prefixes: this.#prefixes.size, networks: this.#networks.size };
  }

  /** Whether a source may have one more while its lane is this full (0 to 1). */
  isDue({ prefix, network }: Source, { fullness, elapsed }: { fullness: number; elapsed: number }): boolean {
    if (fullness >= 0.5) return true;
    if (this.#prefixes.of(prefix, elapsed) > 2 * fullness * prefixAllowance) return false;
    if (fullness >= 0.25 || this.#networks.size < 2) return true;
    const even = this.#networks.total(elapsed) / this.#networks.size;
    return this.#networks.of(String(network), elapsed) <= Math.max(1, networkFactor * even);
  }

  serve({ prefix, network }: Source, elapsed: number): void {
    this.#prefixes.add(prefix, elapsed);
    this.#networks.add(String(network), elapsed);
  }
}
