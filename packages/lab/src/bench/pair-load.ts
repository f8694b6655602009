import { LabError } from "../lab-error.ts";
import { Durations } from "../statistics.ts";
import type { Measurement } from "./figure.ts";
import type { Load } from "./run-load.ts";

/** How many pairs talk, and how. */
export interface PairShape {
  readonly pairs: number;
  /** Messages that each pair keeps in flight. */
  readonly window: number;
  readonly bodyBytes: number;
}

/** Moves one-to-one messages over some protocol; tells the load what became of them. */
export interface PairTransport {
  /** Queues the message of `slot`; the pair is `floor(slot / window)`. `round` makes it different from the slot's last one. */
  send(slot: number, round: number): void;
  /** Writes what is queued. */
  flush(): void;
  /** Whether senders hear that the server took a message. Without it only delivery is counted. */
  readonly isAcknowledging: boolean;
}

const isAcknowledged = 1;
const isDelivered = 2;

/**
 * Keeps a fixed number of messages in flight. A message counts when its recipient has it and, where the
 * protocol acknowledges, its sender knows that it was taken; only then does the next one leave.
 */
export class PairLoad implements Load {
  readonly #transport: PairTransport;
  readonly #sentAt: Float64Array;
  readonly #rounds: Uint32Array;
  readonly #states: Uint8Array;
  readonly #complete: number;
  readonly #acknowledgements = new Durations();
  readonly #deliveries = new Durations();
  #completed = 0;
  #inFlight = 0;
  #isRunning = false;
  #failure: Error | undefined;

  /** `slots` is the number of messages in flight, over all pairs. */
  constructor(transport: PairTransport, slots: number) {
    this.#transport = transport;
    this.#sentAt = new Float64Array(slots);
    this.#rounds = new Uint32Array(slots);
    this.#states = new Uint8Array(slots);
    this.#complete = transport.isAcknowledging ? isAcknowledged | isDelivered : isDelivered;
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

  acknowledged(slot: number): void {
    this.#mark(slot, isAcknowledged, this.#acknowledgements);
  }

  delivered(slot: number, round: number): void {
    if (round === this.#rounds[slot]) this.#mark(slot, isDelivered, this.#deliveries);
    else this.fail(new LabError("ERR_BENCH", "a recipient got a message that was not the one in flight"));
  }

  begin(): void {
    this.#isRunning = true;
    for (let slot = 0; slot < this.#rounds.length; slot++) this.#send(slot);
    this.#transport.flush();
  }

  reset(): void {
    this.#completed = 0;
    this.#acknowledgements.clear();
    this.#deliveries.clear();
  }

  cease(): void {
    this.#isRunning = false;
  }

  snapshot(seconds: number): Measurement[] {
    return [
      { metric: "messages", unit: "1/s", value: this.#completed / seconds },
      ...(this.#transport.isAcknowledging ? latencies("ack", this.#acknowledgements) : []),
      ...latencies("delivery", this.#deliveries),
    ];
  }

  #send(slot: number): void {
    this.#states[slot] = 0;
    this.#sentAt[slot] = performance.now();
    this.#inFlight += 1;
    this.#transport.send(slot, this.#rounds[slot] ?? 0);
  }

  #mark(slot: number, bit: number, durations: Durations): void {
    const before = this.#states[slot] ?? 0;
    const state = before | bit;
    if (state === before) {
      this.fail(new LabError("ERR_BENCH", "a message was acknowledged or delivered twice"));
      return;
    }
    this.#states[slot] = state;
    durations.add(performance.now() - (this.#sentAt[slot] ?? 0));
    if (state !== this.#complete) return;
    this.#completed += 1;
    this.#inFlight -= 1;
    this.#rounds[slot] = (this.#rounds[slot] ?? 0) + 1;
    if (this.#isRunning) this.#send(slot);
  }
}

/** Median and 99th percentile as measurements. */
export function latencies(what: string, durations: Durations): Measurement[] {
  const [p50 = Number.NaN, p99 = Number.NaN] = durations.percentiles(0.5, 0.99);
  return [
    { metric: `${what} p50`, unit: "ms", value: p50 },
    { metric: `${what} p99`, unit: "ms", value: p99 },
  ];
}
