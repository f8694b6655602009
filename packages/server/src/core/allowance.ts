import { ProtocolError } from "@rempart/protocol";
import type { Clock } from "../ports.ts";

/** So much of something per period: the full amount is there at the start of each period. */
export interface Budget {
  readonly amountMax: number;
  readonly periodMs: number;
}

/** What was used of one budget since its period began. */
interface Period {
  readonly name: string;
  startedAt: number;
  amount: number;
}

/** What one connection has used of its budgets. In memory only, and gone with the connection. */
export class Allowance {
  readonly #clock: Clock;
  /** One for each name, a handful at most. Not pushed to: an array that grows takes room for seventeen. */
  #periods: readonly Period[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes `amount` of the budget called `name`, or throws `ERR_QUOTA` and takes nothing. */
  spend(name: string, { amountMax, periodMs }: Budget, amount = 1): void {
    const now = this.#clock.now();
    const period = this.#periods.find((each) => each.name === name);
    // A clock that went back starts a new period too: otherwise nobody could do anything until it caught up.
    const isFresh = period === undefined || now < period.startedAt || now >= period.startedAt + periodMs;
    const startedAt = isFresh ? now : period.startedAt;
    const used = (isFresh ? 0 : period.amount) + amount;
    if (used > amountMax) {
      throw new ProtocolError("ERR_QUOTA", "too many of these on one connection", startedAt + periodMs - now);
    }
    if (period === undefined) this.#periods = this.#periods.concat({ name, startedAt, amount: used });
    else Object.assign(period, { startedAt, amount: used });
  }
}
