import type { GateServerLimits } from "../limits.ts";
import { RecencyMap } from "./recency-map.ts";
import { TrustedPrefixes } from "./trusted-prefixes.ts";
import type { Source } from "./types.ts";

interface Offence {
  /** Invalid proofs, the last of them at `lastAt`. */
  invalid: number;
  lastAt: number;
  deniedUntil: number;
  /** The next stay on the deny list. */
  stayMs: number;
}

type BookLimits = Pick<
  GateServerLimits,
  | "prefixesMax"
  | "trustMs"
  | "familiarPrefixesMin"
  | "invalidProofsMax"
  | "invalidProofMs"
  | "denyMs"
  | "denyMsMax"
  | "denyForgetMs"
>;

/**
 * What is known of prefixes: from which ones members came, and which ones show invalid proofs. Two tables, so that a
 * flood of offenders cannot push out those who are trusted. All times are `elapsed()`.
 *
 * A prefix that is trusted is never denied: whole towns sit behind one address.
 */
export class PrefixBook {
  readonly #limits: BookLimits;
  readonly #trusted: TrustedPrefixes;
  readonly #offences: RecencyMap<string, Offence>;

  constructor(limits: BookLimits) {
    this.#limits = limits;
    this.#trusted = new TrustedPrefixes(limits);
    this.#offences = new RecencyMap(limits.prefixesMax);
  }

  get size(): { readonly trusted: number; readonly offences: number } {
    return { trusted: this.#trusted.size, offences: this.#offences.size };
  }

  /** Somebody from there was admitted in lane B or C. */
  trust(source: Source, elapsed: number): void {
    this.#trusted.trust(source, elapsed);
  }

  isTrusted(prefix: string, elapsed: number): boolean {
    return this.#trusted.isTrusted(prefix, elapsed);
  }

  /** Whether members came from several prefixes of its network of late. */
  isFamiliar(source: Source, elapsed: number): boolean {
    return this.#trusted.isFamiliar(source, elapsed);
  }

  /** Holds one invalid proof against a prefix. True when that puts it on the deny list. */
  offend(prefix: string, elapsed: number): boolean {
    const offence = this.#offenceOf(prefix, elapsed);
    offence.invalid += 1;
    offence.lastAt = elapsed;
    this.#offences.set(prefix, offence);
    if (offence.invalid < this.#limits.invalidProofsMax || this.isTrusted(prefix, elapsed)) return false;
    offence.invalid = 0;
    offence.deniedUntil = elapsed + offence.stayMs;
    offence.stayMs = Math.min(2 * offence.stayMs, this.#limits.denyMsMax);
    return true;
  }

  /** Invalid proofs that are still held against a prefix. */
  invalidProofs(prefix: string, elapsed: number): number {
    const offence = this.#offences.peek(prefix);
    return offence === undefined || elapsed - offence.lastAt >= this.#limits.invalidProofMs ? 0 : offence.invalid;
  }

  /** How long the prefix is denied yet, in milliseconds; 0 when it is not. */
  deniedForMs(prefix: string, elapsed: number): number {
    const offence = this.#offences.peek(prefix);
    if (offence === undefined || this.isTrusted(prefix, elapsed)) return 0;
    return Math.max(0, offence.deniedUntil - elapsed);
  }

  /** Every prefix on the deny list, and how long it stays there. */
  denials(elapsed: number): { readonly prefix: string; readonly forMs: number }[] {
    return [...this.#offences.entries()]
      .map(([prefix]) => ({ prefix, forMs: this.deniedForMs(prefix, elapsed) }))
      .filter(({ forMs }) => forMs > 0);
  }

  #offenceOf(prefix: string, elapsed: number): Offence {
    const { denyMs, denyForgetMs, invalidProofMs } = this.#limits;
    const known = this.#offences.peek(prefix);
    if (known === undefined) return { invalid: 0, lastAt: elapsed, deniedUntil: 0, stayMs: denyMs };
    if (elapsed - known.lastAt >= invalidProofMs) known.invalid = 0;
    if (elapsed - Math.max(known.deniedUntil, known.lastAt) >= denyForgetMs) known.stayMs = denyMs;
    return known;
  }
}
