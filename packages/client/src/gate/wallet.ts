/**
 * The tickets that this device holds. A ticket is good once: it is gone from the disk before the gate gets to see it,
 * and comes back only when the gate has said that it did not spend it.
 */
import { gateLimits } from "@rempart/protocol";
import { clientLimits } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { HeldTicket, TicketTable } from "../store/tickets.ts";

export interface WalletOptions {
  readonly tickets: TicketTable;
  readonly clock: Pick<Clock, "now">;
  /** One durable transaction. */
  readonly write: <T>(work: () => T) => T;
}

/** Its end is rounded down to the hour, and its age counts from when the gate made it. */
const goodForMs = gateLimits.ticketLifetimeMs - 3_600_000;

export class Wallet {
  readonly #options: WalletOptions;

  constructor(options: WalletOptions) {
    this.#options = options;
  }

  /** The oldest ticket that is still good; it is in the wallet no more, durably. */
  take(server: string): HeldTicket | undefined {
    if (this.count(server) === 0) return undefined;
    return this.#options.write(() => this.#options.tickets.take(server, this.#goodAfter()));
  }

  /** Puts back what was taken and not spent. */
  putBack(held: HeldTicket): void {
    this.#options.write(() => this.#options.tickets.add(held));
  }

  /** Keeps what an admission has brought. Above the bound the oldest go. */
  keep(server: string, tickets: readonly Uint8Array[]): void {
    if (tickets.length === 0) return;
    const receivedAt = this.#options.clock.now();
    this.#options.write(() => {
      for (const ticket of tickets) this.#options.tickets.add({ server, ticket, receivedAt });
      this.#options.tickets.trim(clientLimits.ticketsKeptMax);
    });
  }

  /** How many tickets for this server are good. */
  count(server: string): number {
    return this.#options.tickets.count(server, this.#goodAfter());
  }

  /** A clock that jumps makes tickets useless for a while at most: none is removed for its age. */
  #goodAfter(): number {
    return this.#options.clock.now() - goodForMs;
  }
}
