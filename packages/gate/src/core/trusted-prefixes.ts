import type { GateServerLimits } from "../limits.ts";
import type { Source } from "./types.ts";

interface Trust {
  readonly until: number;
  readonly network: string;
}

/**
 * Prefixes from which members came in the last `trustMs`, and how many of each network they are. A network of which
 * several are trusted is familiar: most members come from the networks that members came from before. For
 * `prefixesMax` prefixes, and no more networks than these have. All times are `elapsed()`.
 */
export class TrustedPrefixes {
  readonly #limits: Pick<GateServerLimits, "prefixesMax" | "trustMs" | "familiarPrefixesMin">;
  /** The one whose trust ends first comes first: all are trusted for equally long. */
  readonly #trusted = new Map<string, Trust>();
  readonly #prefixesOf = new Map<string, number>();

  constructor(limits: Pick<GateServerLimits, "prefixesMax" | "trustMs" | "familiarPrefixesMin">) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#trusted.size;
  }

  trust(source: Source, elapsed: number): void {
    const { prefixesMax, trustMs } = this.#limits;
    this.#forget(source.prefix);
    this.#forgetLapsed(elapsed);
    for (const prefix of this.#trusted.keys()) {
      if (this.#trusted.size < prefixesMax) break;
      this.#forget(prefix);
    }
    const network = networkOf(source);
    this.#trusted.set(source.prefix, { until: elapsed + trustMs, network });
    this.#prefixesOf.set(network, (this.#prefixesOf.get(network) ?? 0) + 1);
  }

  isTrusted(prefix: string, elapsed: number): boolean {
    const trust = this.#trusted.get(prefix);
    return trust !== undefined && elapsed < trust.until;
  }

  isFamiliar(source: Source, elapsed: number): boolean {
    this.#forgetLapsed(elapsed);
    return (this.#prefixesOf.get(networkOf(source)) ?? 0) >= this.#limits.familiarPrefixesMin;
  }

  /** At most two at a time: one comes, so the table shrinks to those of late without ever being walked through. */
  #forgetLapsed(elapsed: number): void {
    let left = 2;
    for (const [prefix, { until }] of this.#trusted) {
      if (left === 0 || elapsed < until) return;
      this.#forget(prefix);
      left -= 1;
    }
  }

  #forget(prefix: string): void {
    const trust = this.#trusted.get(prefix);
    if (trust === undefined) return;
    this.#trusted.delete(prefix);
    const left = (this.#prefixesOf.get(trust.network) ?? 1) - 1;
    if (left > 0) this.#prefixesOf.set(trust.network, left);
    else this.#prefixesOf.delete(trust.network);
  }
}

/** The network that announces the address; where no table knows that, what one network usually has: the /16, or /32. */
function networkOf({ prefix, network }: Source): string {
  if (network !== 0) return String(network);
  const separator = prefix.includes(":") ? ":" : ".";
  const second = prefix.indexOf(separator, prefix.indexOf(separator) + 1);
  return second < 0 ? prefix : prefix.slice(0, second);
}
