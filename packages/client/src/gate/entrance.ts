/**
 * What a client shows at the gate. Nothing in it says who comes: a ticket and a token carry no name, and what is solved
 * is about the server alone.
 *
 * 1. A ticket, before a token, before solved work, before nothing.
 * 2. Tickets and tokens leave the disk before they leave the device; work is shown once.
 * 3. Only a gate that says busy has what was shown put back. Without an answer it counts as spent.
 * 4. After a few in a row that the gate would not have, such as those of a restored backup, no more are shown until it has
 *    let this device in by other means: a gate that is shown many closes to the whole neighbourhood.
 */
import {
  decode,
  encode,
  gateLimits,
  type Proof,
  ProtocolError,
  proofCodec,
  type Verdict,
  verdictCodec,
} from "@rempart/protocol";
import { clientLimits } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { TokenPurse } from "./tokens/purse.ts";
import type { Wallet } from "./wallet.ts";

export type WorkProof = Extract<Proof, { kind: "work" }>;
export type Refusal = Extract<Verdict, { kind: "refused" }>;

export interface EntranceOptions {
  readonly wallet: Wallet;
  readonly purse: TokenPurse;
  readonly clock: Pick<Clock, "now">;
}

interface SolvedWork {
  readonly server: string;
  readonly work: WorkProof;
  /** When its seed is good no more, by this device's clock. */
  readonly until: number;
}

/** One proof on one link. */
export interface Visit {
  /** The first message of the link. */
  readonly proof: Uint8Array;
  /**
   * Reads the gate's answer and books it: new tickets are kept, what was not spent is put back. Throws `ERR_MALFORMED`
   * or `ERR_TOO_LARGE` when it is no verdict.
   */
  answered(bytes: Uint8Array): Verdict;
}

/** What was chosen, and how to put it back. */
interface Choice {
  readonly proof: Proof;
  putBack(): void;
  admitted(): void;
}

const nothing = () => undefined;

export class Entrance {
  readonly #options: EntranceOptions;
  #solved: SolvedWork | undefined;
  /** Tickets and tokens that were not taken, in a row. */
  #turnedDown = 0;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** The best that there is to show at this server; what can be used up is taken, durably. */
  visit(server: string): Visit {
    const held = this.#isWelcome() ? (this.#ticket(server) ?? this.#token()) : undefined;
    const other: Choice = { proof: { kind: "none" }, putBack: nothing, admitted: nothing };
    return this.#visit(server, held ?? this.#work(server) ?? other);
  }

  /** A visit that spends a token, for the tickets that it brings. `undefined` when there is no token. */
  visitForTickets(server: string): Visit | undefined {
    const choice = this.#token();
    return choice && this.#visit(server, choice);
  }

  /** Whether there is anything better to show than nothing. */
  hasProof(server: string): boolean {
    const isHeld = this.#isWelcome() && (this.hasTicket(server) || this.hasToken());
    return isHeld || this.#solvedFor(server) !== undefined;
  }

  hasTicket(server: string): boolean {
    return this.#options.wallet.count(server) > 0;
  }

  hasToken(): boolean {
    return this.#options.purse.count() > 0;
  }

  /** Keeps solved work until it is shown, or its seed is good no more. */
  keepWork(solved: SolvedWork): void {
    this.#solved = solved;
  }

  #isWelcome(): boolean {
    return this.#turnedDown < clientLimits.proofsTurnedDownMax;
  }

  #ticket(server: string): Choice | undefined {
    const { wallet } = this.#options;
    const held = wallet.take(server);
    if (held === undefined) return undefined;
    return { proof: { kind: "ticket", ticket: held.ticket }, putBack: () => wallet.putBack(held), admitted: nothing };
  }

  #token(): Choice | undefined {
    const { purse } = this.#options;
    const held = purse.take();
    if (held === undefined) return undefined;
    const proof = { kind: "token", token: held.token } as const;
    return { proof, putBack: () => purse.putBack(held), admitted: () => purse.refill() };
  }

  #work(server: string): Choice | undefined {
    const solved = this.#solvedFor(server);
    if (solved === undefined) return undefined;
    this.#solved = undefined;
    return { proof: solved.work, putBack: () => this.keepWork(solved), admitted: nothing };
  }

  #solvedFor(server: string): SolvedWork | undefined {
    const solved = this.#solved;
    return solved?.server === server && this.#options.clock.now() < solved.until ? solved : undefined;
  }

  #visit(server: string, { proof, putBack, admitted }: Choice): Visit {
    return {
      proof: encode(proofCodec, proof),
      answered: (bytes) => {
        const verdict = verdictOf(bytes);
        if (verdict.kind === "admitted") {
          this.#turnedDown = 0;
          this.#options.wallet.keep(server, verdict.tickets);
          admitted();
        } else if (verdict.reason === "busy") putBack();
        else if (proof.kind === "ticket" || proof.kind === "token") this.#turnedDown++;
        return verdict;
      },
    };
  }
}

function verdictOf(bytes: Uint8Array): Verdict {
  if (bytes.length > gateLimits.verdictBytesMax) throw new ProtocolError("ERR_TOO_LARGE", "the verdict is too large");
  return decode(verdictCodec, bytes);
}
