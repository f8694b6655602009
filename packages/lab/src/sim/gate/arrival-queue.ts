/** A queue for handshakes as anybody would write it: first come, first served. One of the canaries. */
import type { Clock, HandshakeQueue, Visit } from "@rempart/gate";

export type Handshakes = Pick<
  HandshakeQueue,
  "push" | "next" | "drop" | "finished" | "sweep" | "oldestAgeMs" | "waiting"
>;

export class ArrivalQueue implements Handshakes {
  readonly #clock: Clock;
  readonly #limits: { readonly lengthMax: number; readonly inFlightMax: number };
  readonly #waiting = new Map<Visit, number>();
  readonly #begun = new Set<Visit>();

  constructor(clock: Clock, limits: { readonly lengthMax: number; readonly inFlightMax: number }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get oldestAgeMs(): number {
    const [since] = this.#waiting.values();
    return since === undefined ? 0 : this.#clock.elapsed() - since;
  }

  push(visit: Visit): "tls-shed" | undefined {
    if (this.#waiting.size >= this.#limits.lengthMax) return "tls-shed";
    this.#waiting.set(visit, this.#clock.elapsed());
    return undefined;
  }

  next(): Visit | undefined {
    if (this.#begun.size >= this.#limits.inFlightMax) return undefined;
    const [visit] = this.#waiting.keys();
    if (visit === undefined) return undefined;
    this.#waiting.delete(visit);
    this.#begun.add(visit);
    return visit;
  }

  drop(visit: Visit): void {
    this.#waiting.delete(visit);
    this.#begun.delete(visit);
  }

  finished(visit: Visit): void {
    this.#begun.delete(visit);
  }

  /** The deadlines of the connections have to do. */
  sweep(): Visit[] {
    return [];
  }
}
