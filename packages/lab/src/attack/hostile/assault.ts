import { Crowd } from "./crowd.ts";
import { connectionsMax, type Field } from "./field.ts";
import { HostileWire, type WireEvents, type WireOptions } from "./wire.ts";

/** One attack while it goes on. */
export interface Assault {
  /** Gets ready before the attack: solves, harvests, signs in. */
  prepare?(): Promise<void>;
  /** One hostile attempt. */
  attempt(): void;
  /** Called about ten times a second: drips, floods that go on, bounds on how long something is held. */
  tend?(): void;
  /** Ends whatever is still open. */
  stop(): void;
}

/** What most attacks are made of: wires in a bounded crowd. */
export abstract class CrowdAssault implements Assault {
  protected readonly field: Field;
  protected readonly crowd: Crowd;

  constructor(field: Field, max = connectionsMax) {
    this.field = field;
    this.crowd = new Crowd(max);
  }

  abstract attempt(): void;

  stop(): void {
    this.crowd.disperse();
  }

  /** Dials, and keeps the wire in the crowd for as long as it is open. */
  protected dial(events: WireEvents, options: Partial<WireOptions> = {}): HostileWire {
    const wire = new HostileWire(
      this.field,
      { source: this.field.nextSource(), ...options },
      {
        ...events,
        closed: (closed) => {
          this.crowd.remove(closed);
          events.closed?.(closed);
        },
      },
    );
    this.crowd.add(wire);
    return wire;
  }
}
