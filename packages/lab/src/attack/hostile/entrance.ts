/** Attacks 6 and 7: sessions that are opened and never show who they are, and such as show what is refused. */
import { CrowdAssault } from "./assault.ts";
import type { OpeningKind, Showing } from "./dialect.ts";
import type { HostileWire } from "./wire.ts";

const openingKinds: readonly OpeningKind[] = ["plain", "plain", "foreign", "huge", "elsewhere"];

/** Opens sessions, also in ways that are not to be had, and shows nothing. */
export class Upgrades extends CrowdAssault {
  attempt(): void {
    const { random, dialect, tally } = this.field;
    const kind = openingKinds[random.between(0, openingKinds.length - 1)] ?? "plain";
    const ear = dialect.ear({
      opened: () => {
        tally.opened += 1;
      },
      website: () => {
        tally.website += 1;
      },
    });
    this.dial({
      opened: (wire) => wire.send(dialect.opening(kind, random)),
      content: (_, bytes) => ear(bytes),
    });
  }
}

/** What happened to somebody who showed something. */
export interface Reception {
  admitted?(wire: HostileWire, tickets: readonly Uint8Array[]): void;
  refused?(wire: HostileWire, puzzle?: { readonly seed: Uint8Array; readonly effort: number }): void;
  answered?(wire: HostileWire): void;
  closed?(wire: HostileWire): void;
}

/** Opens a session and shows something, in one breath; the books are kept here, for all attacks that come so far. */
export abstract class ShowingAssault extends CrowdAssault {
  protected show(showing: Showing, reception: Reception = {}, source?: string): HostileWire {
    const { dialect, random, tally } = this.field;
    const content = Buffer.concat([dialect.opening("plain", random), dialect.showing(showing, random)]);
    const ear = dialect.ear({
      opened: () => {
        tally.opened += 1;
      },
      website: () => {
        tally.website += 1;
      },
      admitted: (tickets) => {
        tally.admitted += 1;
        const welcome = dialect.welcome(random);
        if (welcome.length > 0) wire.send(welcome);
        reception.admitted?.(wire, tickets);
      },
      refused: (puzzle) => {
        tally.refused += 1;
        reception.refused?.(wire, puzzle);
      },
      answered: () => {
        tally.answered += 1;
        reception.answered?.(wire);
      },
    });
    const wire = this.dial(
      {
        opened: (opened) => opened.send(content),
        content: (_, bytes) => ear(bytes),
        closed: (closed) => reception.closed?.(closed),
      },
      source === undefined ? {} : { source },
    );
    return wire;
  }
}

/** Shows forged tickets, forged tokens, unsolved work and noise. */
export class WrongProofs extends ShowingAssault {
  attempt(): void {
    this.show({ kind: "wrong" }, { admitted: (wire) => wire.end(), refused: (wire) => wire.end() });
  }
}
