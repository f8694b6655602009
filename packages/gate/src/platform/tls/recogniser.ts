/** Tells members from strangers by the tickets in their ClientHello, before any TLS work. */
import { hash } from "node:crypto";
import { Recent } from "./recent.ts";
import { masterKeyOf } from "./session.ts";
import { labelOf, type TicketKey } from "./ticket-key.ts";
import type { TicketKeys } from "./ticket-keys.ts";

/** Tickets of a hello that are looked at: clients offer one. */
const ticketsTriedMax = 2;
/**
 * Times that one ticket makes a member within one to two hours. A browser uses each once, other clients a few times on
 * a bad network; whoever shares his with a crowd serves eight of them.
 */
const usesMax = 8;
/** Tickets in memory per hour, and sessions of admitted strangers per half day: about 10 MB each when full. */
const ticketsMax = 65_536;
const promotionsMax = 65_536;

/** Who somebody is by his ticket, and which context of that kind did not make it: that one gives him new tickets. */
export interface Recognition {
  readonly kind: "member" | "stranger";
  readonly context: 0 | 1;
}

const hourMs = 3_600_000;
const halfDayMs = 12 * hourMs;

export class Recogniser {
  readonly #keys: TicketKeys;
  readonly #uses = new Recent(ticketsMax);
  readonly #promoted = new Recent(promotionsMax);
  #usesTurnedAt: number;
  #promotionsTurnedAt: number;

  /** `elapsed`: milliseconds of a clock that never goes back. */
  constructor(keys: TicketKeys, elapsed: number) {
    this.#keys = keys;
    this.#usesTurnedAt = elapsed;
    this.#promotionsTurnedAt = elapsed;
  }

  /** Counts the use when the kind is "member". */
  recognise(identities: readonly Buffer[]): Recognition {
    for (const ticket of identities.slice(0, ticketsTriedMax)) {
      const found = this.#recognise(ticket);
      if (found === undefined) continue;
      const isUsedUp = found.kind === "member" && this.#uses.count(labelOf(ticket)) >= usesMax;
      return isUsedUp ? { kind: "stranger", context: 0 } : found;
    }
    return { kind: "stranger", context: 0 };
  }

  /**
   * A connection over a strangers' context was admitted by ticket or token: the tickets of its TLS sessions (DER, as
   * the server's `newSession` gives them) are a member's from now on.
   */
  promote(sessions: readonly Uint8Array[]): void {
    for (const session of sessions) {
      const key = masterKeyOf(session);
      if (key !== undefined) this.#promoted.count(digestOf(key));
    }
  }

  /** Forgets what is old. For the shell to call about once a second. */
  tick(elapsed: number): void {
    if (elapsed - this.#usesTurnedAt >= hourMs) {
      this.#usesTurnedAt = elapsed;
      this.#uses.turn();
    }
    if (elapsed - this.#promotionsTurnedAt >= halfDayMs) {
      this.#promotionsTurnedAt = elapsed;
      this.#promoted.turn();
    }
  }

  #recognise(ticket: Buffer): Recognition | undefined {
    const { current, previous } = this.#keys;
    const madeNow = current.members.findIndex((key) => key.isMakerOf(ticket));
    if (madeNow !== -1) return { kind: "member", context: otherThan(madeNow) };
    if (previous.members.some((key) => key.isMakerOf(ticket))) return { kind: "member", context: 0 };
    const keys = [...current.strangers, ...previous.strangers];
    const maker = keys.findIndex((key) => key.isMakerOf(ticket));
    const key = keys[maker];
    if (key === undefined) return undefined;
    return this.#isPromoted(key, ticket)
      ? { kind: "member", context: 0 }
      : { kind: "stranger", context: otherThan(maker) };
  }

  #isPromoted(key: TicketKey, ticket: Buffer): boolean {
    const session = key.open(ticket);
    const masterKey = session === undefined ? undefined : masterKeyOf(session);
    return masterKey !== undefined && this.#promoted.has(digestOf(masterKey));
  }
}

function otherThan(context: number): 0 | 1 {
  return context === 0 ? 1 : 0;
}

/** Half a SHA-256: the set keeps no secret, and nobody can aim for a key of somebody else's. */
function digestOf(masterKey: Uint8Array): string {
  return hash("sha256", masterKey, "buffer").toString("latin1", 0, 16);
}
