/** Attacks 11 to 14: what somebody does who has got in, and those who claim the same without getting in. */
import { asId, encodeRequest, limits } from "@rempart/protocol";
import { maskedFrame } from "../../wire/websocket-frame.ts";
import { attackerSource } from "../sources.ts";
import type { Showing } from "./dialect.ts";
import { ShowingAssault } from "./entrance.ts";
import type { HostileWire } from "./wire.ts";

/** Connections that an attack from inside keeps, as long as it has something to show for them. */
const insidersMax = 50;
const pingsPerBurst = 100;
const crumbsPerBurst = 100;
/** Bytes that may wait in the generator for one wire: beyond, the subject is not taking them, and more would only burden the attacker. */
const waitingBytesMax = 262_144;

/** Attackers who sign in with what they have, and are replaced when they are thrown out. */
abstract class InsideAssault extends ShowingAssault {
  readonly #inside: HostileWire[] = [];
  #coming = 0;
  #shown = 0;
  #turn = 0;

  /** Gets in before the attack begins, as a sleeper would. */
  async prepare(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let waiting = this.insiders;
    const done = () => {
      waiting -= 1;
      if (waiting === 0) resolve();
    };
    for (let i = 0; i < this.insiders; i++) this.#enter(done);
    await promise;
  }

  protected get insiders(): number {
    return insidersMax;
  }

  /** The next connection inside, in turn. Where one is missing, somebody is sent to get in. */
  protected nextInsider(): HostileWire | undefined {
    if (this.#inside.length + this.#coming < this.insiders) this.#enter();
    this.#turn += 1;
    const wire = this.#inside[this.#turn % Math.max(1, this.#inside.length)];
    return wire !== undefined && wire.waitingBytes < waitingBytesMax ? wire : undefined;
  }

  /** What to show next: a supply, as long as there are any, then nothing. */
  protected nextShowing(): Showing {
    const index = this.#shown;
    this.#shown += 1;
    return { kind: "supply", index };
  }

  #enter(done: () => void = () => undefined): void {
    const settled = once(() => {
      this.#coming -= 1;
      done();
    });
    this.#coming += 1;
    const source = attackerSource(this.#shown);
    this.show(
      this.nextShowing(),
      {
        admitted: (wire) => {
          this.#inside.push(wire);
          settled();
        },
        refused: settled,
        closed: (wire) => {
          const at = this.#inside.indexOf(wire);
          if (at >= 0) this.#inside.splice(at, 1);
          settled();
        },
      },
      source,
    );
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}

/** Pings, or a message in one-byte pieces, as fast as they are taken. */
export class Pings extends InsideAssault {
  attempt(): void {
    const wire = this.nextInsider();
    if (wire === undefined) return;
    const { random, dialect, tally } = this.field;
    tally.requests += 1;
    wire.send(random.between(0, 1) === 0 ? dialect.pings(pingsPerBurst) : dialect.crumbs(crumbsPerBurst));
  }
}

/** Shows what it has and, right behind it, something that is far larger than it says, or says it is far larger than it is. */
export class Bombs extends ShowingAssault {
  #shown = 0;

  attempt(): void {
    const { random, dialect, tally } = this.field;
    const index = this.#shown;
    this.#shown += 1;
    const reception = {
      admitted: (wire: HostileWire) => {
        tally.requests += 1;
        wire.send(dialect.bomb(random));
      },
      refused: (wire: HostileWire) => wire.end(),
    };
    // Every other one does not wait to be let in.
    const wire = this.show(index % 2 === 0 ? { kind: "supply", index: index / 2 } : { kind: "nothing" }, reception);
    if (index % 4 === 1) wire.sendOnceOpen(dialect.bomb(random));
  }
}

/** Asks for much and reads nothing of it. */
export class Readers extends ShowingAssault {
  #shown = 0;

  attempt(): void {
    const { dialect, tally } = this.field;
    const index = this.#shown;
    this.#shown += 1;
    this.show(
      { kind: "supply", index },
      {
        admitted: (wire) => {
          const greed = dialect.greed();
          wire.deafen();
          if (greed === undefined) return;
          tally.requests += 1;
          wire.send(greed);
        },
        refused: (wire) => wire.end(),
      },
    );
  }
}

/** A few members who append the largest entries and read the longest stretches without a pause. */
export class Member extends InsideAssault {
  #lastRequestId = 1;

  protected override get insiders(): number {
    return 4;
  }

  attempt(): void {
    const { log } = this.field.supplies;
    const wire = this.nextInsider();
    if (wire === undefined || log === undefined) return;
    this.field.tally.requests += 1;
    const logId = asId("LogId", log.logId);
    this.#lastRequestId += 1;
    if (this.#lastRequestId % 2 === 0) {
      const readKey = asId("Capability", log.readKey);
      const body = { logId, readKey, fromSeq: 1, limit: limits.entriesPerFrameMax };
      wire.send(maskedFrame(encodeRequest("read", this.#lastRequestId, body)).bytes);
      return;
    }
    const entryId = asId("EntryId", this.field.random.bytes(16));
    const writeKey = asId("Capability", log.writeKey);
    const body = { logId, writeKey, entryId, ifEpoch: undefined, next: undefined, bytes: largestEntry };
    wire.send(maskedFrame(encodeRequest("append", this.#lastRequestId, body)).bytes);
  }
}

const largestEntry = new Uint8Array(limits.entryBytesMax).fill(0x42);
