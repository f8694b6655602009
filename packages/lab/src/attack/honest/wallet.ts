import { type HeldTicket, type HeldToken, TicketTable, type TokenPurse, Wallet } from "@rempart/client";

/** A table that is never asked: the wallet below keeps its tickets in memory. */
const noTable = new TicketTable({
  run: () => 0,
  all: () => [],
  transaction: (work) => work(),
  close: () => undefined,
});

/** A wallet in memory: two thousand honest clients need no two thousand databases. */
export class MemoryWallet extends Wallet {
  #held: HeldTicket[] = [];

  constructor() {
    super({ tickets: noTable, clock: { now: () => 0 }, write: (work) => work() });
  }

  override take(): HeldTicket | undefined {
    return this.#held.shift();
  }

  override putBack(held: HeldTicket): void {
    this.#held.unshift(held);
  }

  override keep(server: string, tickets: readonly Uint8Array[]): void {
    for (const ticket of tickets) this.#held.push({ server, ticket: ticket.slice(), receivedAt: 0 });
  }

  override count(): number {
    return this.#held.length;
  }
}

/** A purse in memory. */
export class MemoryPurse implements TokenPurse {
  #held: HeldToken[] = [];

  add(...tokens: readonly Uint8Array[]): void {
    for (const token of tokens) this.#held.push({ server: "", day: 0, token });
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
    // The lab gives everybody what they need beforehand.
  }
}
