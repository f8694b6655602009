/** What an honest visitor has on him: tickets and tokens, in memory instead of a database. */
import { type HeldTicket, type HeldToken, TicketTable, type TokenPurse } from "@rempart/client";

/** The table below the real wallet. */
export class MemoryTickets extends TicketTable {
  #held: HeldTicket[] = [];

  constructor() {
    super({ run: () => 0, all: () => [], transaction: (work) => work(), close: () => undefined });
  }

  override add(held: HeldTicket): void {
    this.#held.push(held);
    this.#held.sort((a, b) => a.receivedAt - b.receivedAt);
  }

  override take(_server: string, after: number): HeldTicket | undefined {
    const at = this.#held.findIndex(({ receivedAt }) => receivedAt > after);
    return at === -1 ? undefined : this.#held.splice(at, 1)[0];
  }

  override count(_server: string, after: number): number {
    return this.#held.filter(({ receivedAt }) => receivedAt > after).length;
  }

  override trim(kept: number): void {
    this.#held = this.#held.slice(-kept);
  }
}

export class MemoryPurse implements TokenPurse {
  readonly #held: HeldToken[] = [];
  readonly #server: string;

  constructor(server: string) {
    this.#server = server;
  }

  add(token: Uint8Array): void {
    this.#held.push({ server: this.#server, day: 0, token });
  }

  take(): HeldToken | undefined {
    return this.#held.shift();
  }

  putBack(held: HeldToken): void {
    this.#held.unshift(held);
  }

  count(): number {
    return this.#held.length;
  }

  refill(): void {
    // Whoever owns it looks himself how much is left.
  }
}
