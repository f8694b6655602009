/**
 * Works through a queue in the database, per key, until nothing is left to do. A kick while it runs makes it
 * look once more. Failures that time may heal are tried again; those that a connection heals wait for one.
 */
import { isTransient, ProtocolError } from "@rempart/protocol";
import { ClientError } from "../errors.ts";
import { clientLimits } from "../limits.ts";
import type { Clock } from "../ports.ts";

export interface PumpOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  /** Does one piece of work; `idle` when there is none that can be done now. */
  readonly work: (key: string) => Promise<"again" | "idle">;
  /** Hears of failures that neither time nor a connection explains. */
  readonly failed: (error: unknown) => void;
}

export class Pump {
  readonly #options: PumpOptions;
  readonly #running = new Map<string, { isKicked: boolean }>();
  readonly #retries = new Map<string, { readonly cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #isStopped = false;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  kick(key: string): void {
    if (this.#isStopped) return;
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.isKicked = true;
      return;
    }
    this.#cancelRetry(key);
    const state = { isKicked: false };
    this.#running.set(key, state);
    void this.#run(key, state);
  }

  /** No work is begun after this. */
  stop(): void {
    this.#isStopped = true;
    for (const key of [...this.#retries.keys()]) this.#cancelRetry(key);
  }

  async #run(key: string, state: { isKicked: boolean }): Promise<void> {
    try {
      for (;;) {
        state.isKicked = false;
        const outcome = await this.#options.work(key);
        this.#failures.delete(key);
        if (this.#isStopped || (outcome === "idle" && !state.isKicked)) break;
      }
      this.#running.delete(key);
    } catch (error) {
      this.#running.delete(key);
      this.#handle(key, error, state.isKicked);
    }
  }

  #handle(key: string, error: unknown, isKicked: boolean): void {
    if (this.#isStopped) return;
    if (error instanceof ClientError && (error.code === "ERR_OFFLINE" || error.code === "ERR_TIMEOUT")) {
      // Coming online kicks everything; a kick that came in between must not be lost.
      if (isKicked) this.kick(key);
      return;
    }
    const isExpected = error instanceof ProtocolError && isTransient(error.code);
    if (!isExpected) this.#options.failed(error);
    this.#retryLater(key, isExpected ? Math.min(error.retryAfterMs, clientLimits.retryAfterMsMax) : 0);
  }

  /** Not before the other side wants it, and with a full jitter: others were refused at the same moment. */
  #retryLater(key: string, atLeastMs: number): void {
    if (this.#isStopped) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const backoffMs = Math.min(clientLimits.retryWorkMsMax, clientLimits.retryWorkMs * 2 ** Math.min(failures, 10));
    const jitterMs = this.#options.fraction() * Math.max(backoffMs, Math.min(atLeastMs, clientLimits.retryWorkMsMax));
    const cancel = this.#options.clock.after(Math.round(atLeastMs + jitterMs), () => {
      this.#retries.delete(key);
      this.kick(key);
    });
    this.#retries.set(key, { cancel });
  }

  #cancelRetry(key: string): void {
    this.#retries.get(key)?.cancel();
    this.#retries.delete(key);
  }
}
