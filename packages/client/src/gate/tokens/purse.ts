/**
 * The tokens that this device holds for its server. Each is shown once in its life: it is gone from the disk before
 * anybody gets to see it.
 */
import { gateLimits, tokenDayOf } from "@rempart/protocol";
import { clientLimits } from "../../limits.ts";
import type { Clock } from "../../ports.ts";
import type { HeldToken, TokenTable } from "../../store/tokens.ts";

/** What whoever proves himself at the gate needs of the tokens. */
export interface TokenPurse {
  /** The oldest token that is still good; it is in the purse no more, durably. */
  take(): HeldToken | undefined;
  /** Puts back what was taken and not spent, because the gate said busy. */
  putBack(held: HeldToken): void;
  /** How many good tokens there are. */
  count(): number;
  /** Says that a token was used: once they are few, a quiet moment is spent on new ones. */
  refill(): void;
}

export interface PurseOptions {
  readonly tokens: TokenTable;
  readonly clock: Pick<Clock, "now">;
  /** One durable transaction. */
  readonly write: <T>(work: () => T) => T;
  /** The server's origin; empty while there is none. */
  readonly server: () => string;
  readonly refill: () => void;
}

/** This device's clock may be behind or ahead of the server's, which alone decides. */
const clockErrorMs = 3_600_000;

export class Purse implements TokenPurse {
  readonly #options: PurseOptions;

  constructor(options: PurseOptions) {
    this.#options = options;
  }

  take(): HeldToken | undefined {
    return this.#take(1, "oldest")[0];
  }

  /**
   * Up to `countMax` of those above the own reserve, for an invitation: the newest, because its link may lie about for
   * days before somebody opens it.
   */
  takeSpare(countMax: number): readonly HeldToken[] {
    return this.#take(Math.min(countMax, this.count() - clientLimits.tokensReserve), "newest");
  }

  #take(countMax: number, first: "oldest" | "newest"): readonly HeldToken[] {
    const { tokens, write, server } = this.#options;
    if (countMax <= 0 || this.count() === 0) return [];
    return write(() => tokens.take({ server: server(), fromDay: this.#firstGoodDay(), countMax, first }));
  }

  putBack(held: HeldToken): void {
    const { tokens, write } = this.#options;
    write(() => tokens.add(held));
  }

  count(): number {
    const { tokens, server } = this.#options;
    return tokens.count(server(), this.#firstGoodDay());
  }

  refill(): void {
    this.#options.refill();
  }

  #firstGoodDay(): number {
    return tokenDayOf(this.#options.clock.now() - clockErrorMs) - gateLimits.tokenDaysKept;
  }
}
