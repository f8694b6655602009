/**
 * What the load sent to one log, what it was promised, and whether the log keeps the promises:
 *
 * K1 what was acknowledged is there, at the seq that was acknowledged;
 * K2 no entry is there twice;
 * K3 the seqs run from 1 without a gap, and `receivedAt` never runs back;
 * K4 the entries of one connection are in the order in which it sent them;
 * K5 nothing is there that was never sent, and every byte is as it was sent;
 * K6 what a subscriber was sent live is there, at that seq;
 * K7 a retry gets the seq that its first attempt got.
 *
 * (K8, that the database itself is sound, is checked on the file.)
 */
import { type Entry, type EntryId, sameBytes, toHex } from "@rempart/protocol";
import { bodyOf } from "./body.ts";

/** One append, from the moment it was sent. */
export interface Sent {
  readonly entryId: EntryId;
  /** Which connection sent it, and its number there: for K4. */
  readonly writer: number;
  readonly counter: number;
  acknowledgedSeq?: number;
  liveSeq?: number;
  storedSeq?: number;
}

export class Ledger {
  readonly #sent = new Map<string, Sent>();
  readonly #lastCounters = new Map<number, number>();
  #checkedSeq = 0;
  #lastReceivedAt = 0;
  readonly #violations = new Set<string>();

  /** Everything found wrong so far, each thing once, beginning with the number of its rule. */
  get violations(): readonly string[] {
    return [...this.#violations];
  }

  /** The seq up to which the log has been compared. */
  get checkedSeq(): number {
    return this.#checkedSeq;
  }

  get acknowledgedCount(): number {
    return this.#sent.size - this.unacknowledged.length;
  }

  /** Appends whose fate the sender does not know. */
  get unacknowledged(): Sent[] {
    return [...this.#sent.values()].filter((sent) => sent.acknowledgedSeq === undefined);
  }

  send(sent: Sent): void {
    this.#sent.set(toHex(sent.entryId), sent);
  }

  acknowledge(sent: Sent, seq: number): void {
    if (sent.storedSeq !== undefined && sent.storedSeq !== seq) {
      this.#report("K7", `a retry was told seq ${seq} for the entry at ${sent.storedSeq}`);
    }
    sent.acknowledgedSeq = seq;
  }

  seeLive(entry: Pick<Entry, "entryId" | "seq">): void {
    const sent = this.#sent.get(toHex(entry.entryId));
    if (sent === undefined) this.#report("K5", `seq ${entry.seq} was pushed and never sent`);
    else sent.liveSeq = entry.seq;
  }

  /** Compares the next stored entry. They come in the order in which the server gives them. */
  check(entry: Entry): void {
    if (entry.seq !== this.#checkedSeq + 1) this.#report("K3", `seq ${entry.seq} follows ${this.#checkedSeq}`);
    if (entry.receivedAt < this.#lastReceivedAt) this.#report("K3", `receivedAt runs back at seq ${entry.seq}`);
    this.#checkedSeq = entry.seq;
    this.#lastReceivedAt = entry.receivedAt;
    const sent = this.#sent.get(toHex(entry.entryId));
    if (sent === undefined) {
      this.#report("K5", `seq ${entry.seq} was never sent`);
      return;
    }
    if (!sameBytes(entry.bytes, bodyOf(sent.entryId)))
      this.#report("K5", `the bytes at seq ${entry.seq} are not what was sent`);
    if (sent.storedSeq !== undefined) this.#report("K2", `seq ${sent.storedSeq} and ${entry.seq} are the same entry`);
    sent.storedSeq = entry.seq;
    this.#checkOrder(sent);
  }

  /** The log cannot be read at all. */
  missing(code: string): void {
    this.#report("K1", `the log cannot be read: ${code}`);
  }

  /** To be called when the whole log has been compared. */
  finish(): void {
    for (const { acknowledgedSeq, liveSeq, storedSeq } of this.#sent.values()) {
      if (acknowledgedSeq !== undefined && acknowledgedSeq !== storedSeq) {
        this.#report("K1", `acknowledged at seq ${acknowledgedSeq}, ${found(storedSeq)}`);
      }
      if (liveSeq !== undefined && liveSeq !== storedSeq) {
        this.#report("K6", `sent to a subscriber at seq ${liveSeq}, ${found(storedSeq)}`);
      }
    }
  }

  /** Forgets what was compared, so that the whole log can be compared again from its start. */
  restart(): void {
    this.#checkedSeq = 0;
    this.#lastReceivedAt = 0;
    this.#lastCounters.clear();
    for (const sent of this.#sent.values()) delete sent.storedSeq;
  }

  #checkOrder({ writer, counter, storedSeq }: Sent): void {
    const last = this.#lastCounters.get(writer) ?? -1;
    if (counter < last) this.#report("K4", `seq ${storedSeq} was sent before an entry that is in front of it`);
    this.#lastCounters.set(writer, Math.max(last, counter));
  }

  #report(rule: string, what: string): void {
    this.#violations.add(`${rule}: ${what}`);
  }
}

function found(seq: number | undefined): string {
  return seq === undefined ? "not there" : `found at ${seq}`;
}
