/** A wallet on a database in memory, a purse in memory, and what a gate says. */
import { encode, gateLimits, tokenBytes, type Verdict, verdictCodec } from "@rempart/protocol";
import { openSqliteStore } from "../platform/node/index.ts";
import type { Clock } from "../ports.ts";
import { openTables } from "../store/index.ts";
import type { HeldToken } from "../store/tokens.ts";
import type { TokenPurse } from "./tokens/purse.ts";
import { Wallet } from "./wallet.ts";

export const server = "https://example.org";

export function fakeWallet(clock: Pick<Clock, "now">): Wallet {
  const store = openSqliteStore(":memory:");
  return new Wallet({ tickets: openTables(store).tickets, clock, write: (work) => store.transaction(work) });
}

export class FakePurse implements TokenPurse {
  held: HeldToken[] = [];
  refills = 0;

  /** Fills it with as many different tokens. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) {
      this.held.push({ server, day: 1, token: new Uint8Array(tokenBytes).fill(this.held.length + 1) });
    }
  }

  take(): HeldToken | undefined {
    return this.held.shift();
  }

  putBack(held: HeldToken): void {
    this.held.push(held);
  }

  count(): number {
    return this.held.length;
  }

  refill(): void {
    this.refills++;
  }
}

/** A ticket that is all of one byte. */
export function ticketOf(mark: number): Uint8Array {
  return new Uint8Array(35).fill(mark);
}

export function admitted(...tickets: readonly Uint8Array[]): Uint8Array {
  return encode(verdictCodec, { kind: "admitted", mode: "normal", tickets });
}

export function refused(refusal: Partial<Omit<Extract<Verdict, { kind: "refused" }>, "kind">>): Uint8Array {
  const usual = { kind: "refused", mode: "siege", reason: "busy", retryAfterMs: 10_000, puzzle: undefined } as const;
  return encode(verdictCodec, { ...usual, ...refusal });
}

export const puzzle = { seed: new Uint8Array(16).fill(9), effort: 3, validMs: gateLimits.seedMs };
