/** Attacks 4 and 5: handshakes that are finished and left, and hellos that are none. */
import { CrowdAssault } from "./assault.ts";
import { clientHello, handshakeRecord } from "./tls-handshake.ts";
import type { HostileWire } from "./wire.ts";

const forgedTicketBytes = 192;
/** Longer than a gate has to reassemble. */
const oversizeHelloPadding = 6_000;

/** Does the whole handshake, then leaves; without TLS, opens a session and leaves. */
export class Handshakes extends CrowdAssault {
  attempt(): void {
    const { target, dialect, random, tally } = this.field;
    if (target.isTls) {
      this.dial({ opened: (wire) => wire.reset() });
      return;
    }
    const ears = dialect.ear({
      opened: () => {
        tally.opened += 1;
      },
    });
    this.dial({
      opened: (wire) => wire.send(dialect.opening("plain", random)),
      content: (wire, bytes) => {
        ears(bytes);
        wire.reset();
      },
    });
  }
}

/** One kind of junk: pieces that are sent one after the other. */
type Junk = () => readonly Buffer[];

/** What is said in place of a hello: noise, hellos in crumbs, hellos without end, forged and damaged tickets, plain HTTP. */
export class Junks extends CrowdAssault {
  readonly #pieces = new Map<HostileWire, Buffer[]>();
  /** A real ticket, to be damaged. */
  #harvested: Buffer | undefined;

  async prepare(): Promise<void> {
    if (this.field.target.isTls) this.#harvested = await this.#harvest();
  }

  attempt(): void {
    const { random } = this.field;
    // One in eight has a proper hello, and is gone before anybody can answer it.
    const kind = random.between(0, this.#kinds.length);
    const junk = this.#kinds[kind];
    const opened = (wire: HostileWire): void => {
      if (junk === undefined) {
        wire.writeAndReset(handshakeRecord(clientHello({ random: random.bytes(32) })));
        return;
      }
      const [first, ...others] = junk();
      if (first !== undefined) wire.write(first);
      if (others.length > 0) this.#pieces.set(wire, others);
    };
    this.dial({ opened, closed: (wire) => this.#pieces.delete(wire) }, { isRaw: true });
  }

  tend(): void {
    for (const [wire, pieces] of this.#pieces) {
      const next = pieces.shift();
      if (next === undefined) this.#pieces.delete(wire);
      else wire.write(next);
    }
  }

  override stop(): void {
    this.#pieces.clear();
    super.stop();
  }

  readonly #kinds: readonly Junk[] = [
    () => [Buffer.from(this.field.random.bytes(300))],
    () => [handshakeRecord(this.field.random.bytes(500))],
    () => [handshakeRecord(clientHello({ random: this.field.random.bytes(32), padding: oversizeHelloPadding }))],
    () => inCrumbs(handshakeRecord(clientHello({ random: this.field.random.bytes(32), padding: 1_200 }))),
    () => [this.#helloWith(this.field.random.bytes(forgedTicketBytes))],
    () => [this.#helloWith(this.#damagedTicket())],
    () => [Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ];

  #helloWith(ticket: Uint8Array): Buffer {
    return handshakeRecord(clientHello({ random: this.field.random.bytes(32), ticket }));
  }

  #damagedTicket(): Uint8Array {
    const { random } = this.field;
    if (this.#harvested === undefined) return random.bytes(forgedTicketBytes);
    const ticket = Buffer.from(this.#harvested);
    const at = random.between(16, ticket.length - 1);
    ticket[at] = (ticket[at] ?? 0) ^ 0x40;
    return ticket;
  }

  /** A ticket of the strangers', from an ordinary handshake; `undefined` when the subject gives none. */
  #harvest(): Promise<Buffer | undefined> {
    const { dialect, random } = this.field;
    return new Promise((resolve) => {
      this.dial({
        // An answer to whatever is said now comes behind the ticket.
        opened: (wire) => wire.send(dialect.opening("elsewhere", random)),
        content: (wire) => {
          resolve(wire.ticket);
          wire.end();
        },
        closed: (wire) => resolve(wire.ticket),
      });
    });
  }
}

/** A hello in five pieces, so that it never comes in one read. */
function inCrumbs(record: Buffer): Buffer[] {
  const size = Math.ceil(record.length / 5);
  return Array.from({ length: 5 }, (_, i) => record.subarray(i * size, (i + 1) * size));
}
