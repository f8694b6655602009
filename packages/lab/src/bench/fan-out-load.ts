import { LabError } from "../lab-error.ts";
import { Durations } from "../statistics.ts";
import type { Measurement } from "./figure.ts";
import { latencies } from "./pair-load.ts";
import type { Load } from "./run-load.ts";

/** What is sent to how many. */
export interface FanOutShape {
  readonly members: number;
  /** Messages on their way to all members at once. */
  readonly window: number;
}

/**
 * Keeps `window` messages on their way to all members. `send` hands one to the service under test; whoever
 * receives calls {@link delivered}.
 */
export class FanOutLoad implements Load {
  readonly #shape: FanOutShape;
  readonly #send: (slot: number, round: number) => void;
  readonly #rounds: Uint32Array;
  readonly #remaining: Uint32Array;
  readonly #sentAt: Float64Array;
  readonly #durations = new Durations();
  #deliveries = 0;
  #inFlight = 0;
  #isRunning = false;
  #failure: Error | undefined;

  constructor(shape: FanOutShape, send: (slot: number, round: number) => void) {
    this.#shape = shape;
    this.#rounds = new Uint32Array(shape.window);
    this.#remaining = new Uint32Array(shape.window);
    this.#sentAt = new Float64Array(shape.window);
    this.#send = send;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Ends the run with this error. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  delivered(slot: number, round: number): void {
    if (round !== this.#rounds[slot]) {
      this.fail(new LabError("ERR_BENCH", "a member got a message that was not on its way"));
      return;
    }
    this.#deliveries += 1;
    const remaining = (this.#remaining[slot] ?? 0) - 1;
    this.#remaining[slot] = remaining;
    if (remaining > 0) return;
    this.#durations.add(performance.now() - (this.#sentAt[slot] ?? 0));
    this.#rounds[slot] = round + 1;
    this.#inFlight -= 1;
    if (this.#isRunning) this.#start(slot);
  }

  begin(): void {
    this.#isRunning = true;
    for (let slot = 0; slot < this.#shape.window; slot++) this.#start(slot);
  }

  reset(): void {
    this.#deliveries = 0;
    this.#durations.clear();
  }

  cease(): void {
    this.#isRunning = false;
  }

  snapshot(seconds: number): Measurement[] {
    const deliveries = { metric: "deliveries", unit: "1/s", value: this.#deliveries / seconds };
    return [deliveries, ...latencies("to the last member", this.#durations)];
  }

  #start(slot: number): void {
    this.#remaining[slot] = this.#shape.members;
    this.#sentAt[slot] = performance.now();
    this.#inFlight += 1;
    this.#send(slot, this.#rounds[slot] ?? 0);
  }
}
