/** How often one account is helped: whoever asks for ever must not be answered for ever. */
import { clientLimits } from "../limits.ts";
import type { Clock } from "../ports.ts";

const hourMs = 3_600_000;

export class HelpAllowance {
  readonly #clock: Clock;
  readonly #given = new Map<string, readonly number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one piece of help to an account; false when it has had enough for this hour. */
  take(account: string): boolean {
    const now = this.#clock.now();
    const recent = (this.#given.get(account) ?? []).filter((at) => at > now - hourMs);
    if (recent.length >= clientLimits.helpPerHourMax) return false;
    this.#given.set(account, [...recent, now]);
    return true;
  }
}
