/**
 * When tokens are fetched: once a UTC day, while the gate is at ease, at a moment that each device draws for itself; or
 * soon, when few are left. Looks now and then while the device is online, and keeps away after a refusal.
 */
import { type DeviceId, ProtocolError, tokenDayOf } from "@rempart/protocol";
import { asClientError } from "../../errors.ts";
import { clientLimits } from "../../limits.ts";
import type { Clock } from "../../ports.ts";
import type { Minted } from "./mint.ts";

export interface RefillOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  /** Good tokens that are left. */
  readonly count: () => number;
  /** The server's day on which it last gave tokens to this device. */
  readonly lastDay: (server: string) => number | undefined;
  /** Where from, while this device is connected, its account stands and the gate is not pressed; otherwise `undefined`. */
  readonly quiet: () => { readonly server: string; readonly deviceId: DeviceId } | undefined;
  readonly mint: (server: string, deviceId: DeviceId) => Promise<Minted>;
  /** Something failed that should not. */
  readonly failed: (error: unknown) => void;
}

const dayMs = 86_400_000;

export class Refill {
  readonly #options: RefillOptions;
  #cancelTimer: (() => void) | undefined;
  /** The moment that was drawn for a day. */
  #moment: { readonly day: number; readonly at: number } | undefined;
  #isMinting = false;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: RefillOptions) {
    this.#options = options;
  }

  /** From now on looks, about once a minute. */
  start(): void {
    this.#after(clientLimits.tokensLookMs * 0.5 * (1 + this.#options.fraction()));
  }

  /** Tokens were used: looks a little sooner than it would have, unless it is stopped. */
  nudge(): void {
    if (this.#cancelTimer !== undefined) this.#after(clientLimits.tokensLookMs * 0.5 * this.#options.fraction());
  }

  #after(delayMs: number): void {
    this.stop();
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.start();
      this.#look();
    });
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #look(): void {
    const { quiet, failed } = this.#options;
    const now = quiet();
    if (now === undefined || this.#isMinting || !this.#isDue(now.server)) return;
    this.#isMinting = true;
    this.#mint(now)
      .catch(failed)
      .finally(() => {
        this.#isMinting = false;
      });
  }

  #isDue(server: string): boolean {
    const { clock, count, lastDay } = this.#options;
    const now = clock.now();
    const today = tokenDayOf(now);
    const last = lastDay(server);
    if (now < this.#notBefore || (last !== undefined && last >= today)) return false;
    return count() < clientLimits.tokensLowCount || now >= this.#momentOf(today);
  }

  #momentOf(day: number): number {
    if (this.#moment?.day !== day) {
      this.#moment = { day, at: day * dayMs + this.#options.fraction() * clientLimits.tokensSpreadMs };
    }
    return this.#moment.at;
  }

  async #mint({ server, deviceId }: { server: string; deviceId: DeviceId }): Promise<void> {
    try {
      const minted = await this.#options.mint(server, deviceId);
      this.#failures = 0;
      // It is not the server's next day yet, whatever this device's clock says.
      if (minted === "none") this.#stayAway(clientLimits.tokensRetryMsMax);
    } catch (error) {
      const retryAfterMs = error instanceof ProtocolError ? error.retryAfterMs : 0;
      this.#stayAway(Math.max(retryAfterMs, clientLimits.tokensRetryMs * 2 ** Math.min(this.#failures++, 10)));
      const { code } = asClientError(error);
      const isExpected = code === "ERR_OFFLINE" || code === "ERR_TIMEOUT" || error instanceof ProtocolError;
      if (!isExpected) throw error;
    }
  }

  /** For `delayMs`, at most an hour, and up to half as long again. */
  #stayAway(delayMs: number): void {
    const { clock, fraction } = this.#options;
    const boundedMs = Math.min(delayMs, clientLimits.tokensRetryMsMax);
    this.#notBefore = clock.now() + boundedMs * (1 + 0.5 * fraction());
  }
}
