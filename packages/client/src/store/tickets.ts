/** Tickets for the gate of a server, in the order in which they came. */
import type { Store } from "../ports.ts";
import { type Row, rowOf, rowsOf } from "./row.ts";

/** A ticket that this device may show, once. */
export interface HeldTicket {
  /** The origin that it is good at. */
  readonly server: string;
  /** As a proof carries it. */
  readonly ticket: Uint8Array;
  /** By this device's clock. */
  readonly receivedAt: number;
}

export class TicketTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A ticket that is there already stays there once. */
  add({ server, ticket, receivedAt }: HeldTicket): void {
    const sql = "INSERT OR IGNORE INTO tickets (server, ticket, received_at) VALUES (?, ?, ?)";
    this.#store.run(sql, server, ticket, receivedAt);
  }

  /** Removes the one that came first of those received after `after`. */
  take(server: string, after: number): HeldTicket | undefined {
    const sql = "SELECT * FROM tickets WHERE server = ? AND received_at > ? ORDER BY received_at, id LIMIT 1";
    const held = rowsOf(this.#store.all(sql, server, after)).map(heldOf)[0];
    if (held !== undefined) this.#store.run("DELETE FROM tickets WHERE ticket = ?", held.ticket);
    return held;
  }

  /** How many were received after `after`. */
  count(server: string, after: number): number {
    const sql = "SELECT count(*) AS count FROM tickets WHERE server = ? AND received_at > ?";
    return rowOf(this.#store.all(sql, server, after)[0])?.number("count") ?? 0;
  }

  /** Removes all but the `kept` that came last, whatever server they are of. */
  trim(kept: number): void {
    this.#store.run("DELETE FROM tickets WHERE id NOT IN (SELECT id FROM tickets ORDER BY id DESC LIMIT ?)", kept);
  }
}

function heldOf(row: Row): HeldTicket {
  return { server: row.text("server"), ticket: row.bytes("ticket"), receivedAt: row.number("received_at") };
}
