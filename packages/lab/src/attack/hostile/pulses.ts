/** Attack 15: everything that needs nothing, in pulses. What follows it, everybody coming back at once, is the honest side's. */
import type { Assault } from "./assault.ts";
import { Churn } from "./connections.ts";
import { Upgrades } from "./entrance.ts";
import type { Field } from "./field.ts";
import { Handshakes } from "./tls.ts";

const pulseMs = 3_000;

export class Pulses implements Assault {
  readonly #assaults: readonly Assault[];
  /** When the first pulse began: with the attack. */
  #startedAt: number | undefined;
  #owed = 0;
  #turn = 0;

  constructor(field: Field) {
    this.#assaults = [new Churn(field), new Handshakes(field), new Upgrades(field)];
  }

  /** What is not attempted between the pulses is attempted on top within the next one. */
  attempt(): void {
    const now = performance.now();
    this.#startedAt ??= now;
    this.#owed += 1;
    const isPulse = Math.floor((now - this.#startedAt) / pulseMs) % 2 === 0;
    if (!isPulse) return;
    for (let i = 0; i < 2 && this.#owed > 0; i++, this.#owed--) {
      this.#turn += 1;
      this.#assaults[this.#turn % this.#assaults.length]?.attempt();
    }
  }

  stop(): void {
    for (const assault of this.#assaults) assault.stop();
  }
}
