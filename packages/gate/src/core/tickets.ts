import { gateLimits, ticketBytes } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";
import type { Crypto, Entropy } from "../ports.ts";
import { deriveKey } from "./keys.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nonceBytes = 12;
/** Lane B, the only one that a ticket leads to. */
const laneCode = 2;
const plainBytes = 6;
/** Key numbers go round after so many days. */
const keyNumbers = 256;
const keysCachedMax = 8;

/** What a good ticket says. */
export interface OpenedTicket {
  readonly quotaClass: number;
  /** Until when its use has to be remembered, milliseconds since the Unix epoch. */
  readonly rememberUntil: number;
}

interface TicketsOptions {
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  readonly secret: Uint8Array;
  readonly limits: Pick<GateServerLimits, "clockJumpMs">;
}

/** Seals and opens tickets ([GT10]): one key a day, known from the secret alone, so that a restart forgets none. */
export class Tickets {
  readonly #options: TicketsOptions;
  /** Keys by day: today's and those of tickets that are still good. */
  readonly #keys = new Map<number, Uint8Array>();

  constructor(options: TicketsOptions) {
    this.#options = options;
  }

  /** A new ticket. All tickets of one hour and quota class say the same. */
  seal(now: number, quotaClass: number): Uint8Array {
    const day = Math.floor(now / dayMs);
    const nonce = this.#options.entropy.bytes(nonceBytes);
    const plain = new Uint8Array(plainBytes);
    plain[0] = laneCode;
    plain[1] = quotaClass;
    new DataView(plain.buffer).setUint32(2, Math.floor((now + gateLimits.ticketLifetimeMs) / hourMs));
    const ticket = new Uint8Array(ticketBytes);
    ticket[0] = day % keyNumbers;
    ticket.set(nonce, 1);
    ticket.set(this.#options.crypto.seal(this.#key(day), nonce, plain), 1 + nonceBytes);
    return ticket;
  }

  /** What a ticket says, or why it is worth nothing. Says nothing of its having been used. */
  open(ticket: Uint8Array, now: number): OpenedTicket | { readonly fault: "forged" | "expired" } {
    const plain = this.#plainOf(ticket, now);
    if (plain?.[0] !== laneCode || plain.length !== plainBytes) return { fault: "forged" };
    const end = new DataView(plain.buffer, plain.byteOffset).getUint32(2) * hourMs;
    const { clockJumpMs } = this.#options.limits;
    // One that ends too late was sealed while the clock was wrong by more than a jump.
    if (now >= end + clockJumpMs || end > now + gateLimits.ticketLifetimeMs + clockJumpMs) return { fault: "expired" };
    // It is good for a jump longer than it says, and a clock that jumped ahead may come back.
    return { quotaClass: plain[1] ?? 0, rememberUntil: end + 2 * clockJumpMs };
  }

  #plainOf(ticket: Uint8Array, now: number): Uint8Array | undefined {
    if (ticket.length !== ticketBytes) return undefined;
    const key = this.#key(nearestDay(ticket[0] ?? 0, now));
    return this.#options.crypto.open(key, ticket.subarray(1, 1 + nonceBytes), ticket.subarray(1 + nonceBytes));
  }

  #key(day: number): Uint8Array {
    const known = this.#keys.get(day);
    if (known !== undefined) return known;
    const key = deriveKey(this.#options.crypto, this.#options.secret, { use: "ticket key", index: day });
    if (this.#keys.size >= keysCachedMax) this.#keys.clear();
    this.#keys.set(day, key);
    return key;
  }
}

/** Of the days whose key has this number the nearest: a ticket of last month is told from a forged one. */
function nearestDay(number: number, now: number): number {
  const today = Math.floor(now / dayMs);
  const ahead = (number - (today % keyNumbers) + keyNumbers) % keyNumbers;
  return today + (ahead < keyNumbers / 2 ? ahead : ahead - keyNumbers);
}
