/** The ticket keys of both contexts, of this period and the one before, in a file that a restart reads again. */
import { randomBytes } from "node:crypto";
import { TicketKey, ticketKeyBytes } from "./ticket-key.ts";

/**
 * OpenSSL sends no new ticket on a resumed connection, and browsers use each once: they would be strangers again after
 * two visits. So each kind has two contexts, and a ticket is always shown to the one that did not make it: that one
 * does a full handshake (a tenth dearer with ECDSA) and gives new tickets. We recognise tickets; nobody resumes.
 */
export type Pair = readonly [TicketKey, TicketKey];

export interface Period {
  readonly members: Pair;
  readonly strangers: Pair;
}

/** How long tickets are made with one key; they are recognised as long again. As long as a ticket lives. */
export const ticketPeriodMs = 86_400_000;

const version = 1;
const headerBytes = 1 + 8;
const periodBytes = 4 * ticketKeyBytes;

export class TicketKeys {
  #since: number;
  #current: Period;
  #previous: Period;

  private constructor(since: number, current: Period, previous: Period) {
    this.#since = since;
    this.#current = current;
    this.#previous = previous;
  }

  static make(now: number): TicketKeys {
    return new TicketKeys(now, newPeriod(), newPeriod());
  }

  /** Reads what {@link bytes} gave; `undefined` for anything else. */
  static read(bytes: Buffer): TicketKeys | undefined {
    if (bytes.length !== headerBytes + 2 * periodBytes || bytes[0] !== version) return undefined;
    const since = Number(bytes.readBigUInt64BE(1));
    return new TicketKeys(since, periodAt(bytes, headerBytes), periodAt(bytes, headerBytes + periodBytes));
  }

  /** For the file. Whoever has these can pass for a member before TLS, and read connections that were resumed. */
  get bytes(): Buffer {
    const header = Buffer.alloc(headerBytes);
    header[0] = version;
    header.writeBigUInt64BE(BigInt(this.#since), 1);
    const keys = [this.#current, this.#previous].flatMap(({ members, strangers }) => [...members, ...strangers]);
    return Buffer.concat([header, ...keys.map(({ bytes }) => bytes)]);
  }

  get current(): Period {
    return this.#current;
  }

  get previous(): Period {
    return this.#previous;
  }

  /** Starts a new period when this one is over; true when it did. A clock that was set back only makes it longer. */
  turn(now: number): boolean {
    if (now - this.#since < ticketPeriodMs) return false;
    this.#since = now;
    this.#previous = this.#current;
    this.#current = newPeriod();
    return true;
  }
}

function newPeriod(): Period {
  return periodAt(randomBytes(periodBytes), 0);
}

function periodAt(bytes: Buffer, at: number): Period {
  const keyAt = (index: number) => {
    const start = at + index * ticketKeyBytes;
    return new TicketKey(Buffer.from(bytes.subarray(start, start + ticketKeyBytes)));
  };
  return { members: [keyAt(0), keyAt(1)], strangers: [keyAt(2), keyAt(3)] };
}
