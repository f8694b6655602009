/** Attack 10: a few tokens, and tickets that were given away, shown by everybody at once, again and again. */
import { encode, proofCodec } from "@rempart/protocol";
import { ShowingAssault } from "./entrance.ts";
import type { HostileWire } from "./wire.ts";

/** Tokens and tickets that are passed round. */
const sharedMax = 64;

interface Shared {
  readonly bytes: Uint8Array;
  isTaken: boolean;
}

export class Replays extends ShowingAssault {
  readonly #shared: Shared[] = [];

  /** Spends half the tokens for the tickets that come with them; the other half is shown as it is. */
  async prepare(): Promise<void> {
    const tokens = this.field.supplies.tokens.slice(0, sharedMax);
    const half = Math.floor(tokens.length / 2);
    for (const token of tokens.slice(half)) this.#share(encode(proofCodec, { kind: "token", token }));
    await Promise.all(Array.from({ length: half }, (_, index) => this.#ticketsFor(index)));
  }

  attempt(): void {
    const shared = this.#shared[this.field.random.between(0, this.#shared.length - 1)];
    if (shared === undefined) return;
    const admitted = (wire: HostileWire) => {
      if (shared.isTaken) this.field.tally.reused += 1;
      shared.isTaken = true;
      wire.end();
    };
    this.show({ kind: "proof", bytes: shared.bytes }, { admitted, refused: (wire) => wire.end() });
  }

  #share(bytes: Uint8Array): void {
    this.#shared.push({ bytes, isTaken: false });
  }

  #ticketsFor(index: number): Promise<void> {
    return new Promise((resolve) => {
      this.show(
        { kind: "supply", index },
        {
          admitted: (wire, tickets) => {
            for (const ticket of tickets) this.#share(encode(proofCodec, { kind: "ticket", ticket }));
            wire.end();
          },
          closed: () => resolve(),
        },
      );
    });
  }
}
