/** Attacks 1 to 3: connections that say nothing, connections that end at once, connections that say it slowly. */
import { CrowdAssault } from "./assault.ts";
import type { HostileWire } from "./wire.ts";

/** Connects from thousands of sources and says nothing for as long as it is let. */
export class Silent extends CrowdAssault {
  attempt(): void {
    this.dial({}, { isRaw: true });
  }
}

/** Connects and resets in the same breath. */
export class Churn extends CrowdAssault {
  attempt(): void {
    this.dial({ opened: (wire) => wire.reset() }, { isRaw: true });
  }
}

/** How far a slow wire is with what it has to say. */
interface Drip {
  readonly bytes: Buffer;
  /** Sent through TLS, or as they are. */
  readonly isContent: boolean;
  at: number;
}

/** Sends a hello, or after a proper hello a head, one byte at a time, always before anybody could call it silent. */
export class Slow extends CrowdAssault {
  readonly #drips = new Map<HostileWire, Drip>();

  attempt(): void {
    const { random, target, dialect } = this.field;
    const isHello = target.isTls && random.between(0, 1) === 0;
    const opened = (wire: HostileWire): void => {
      const bytes = isHello ? slowHello : dialect.opening("plain", random);
      this.#drips.set(wire, { bytes, isContent: !isHello, at: 0 });
    };
    this.dial({ opened, closed: (wire) => this.#drips.delete(wire) }, { isRaw: isHello });
  }

  tend(): void {
    for (const [wire, drip] of this.#drips) {
      // A tenth of the crowd a turn: each wire says a byte a second.
      if (this.field.random.between(0, 9) !== 0) continue;
      const piece = drip.bytes.subarray(drip.at, drip.at + 1);
      drip.at += 1;
      if (piece.length === 0) continue;
      if (drip.isContent) wire.send(piece);
      else wire.write(piece);
    }
  }

  override stop(): void {
    this.#drips.clear();
    super.stop();
  }
}

/** The start of a hello of 512 bytes. */
const slowHello = Buffer.concat([Buffer.from("1603010200010001fc0303", "hex"), Buffer.alloc(501, 0x77)]);
