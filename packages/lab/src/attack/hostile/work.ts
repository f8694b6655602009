/** Attacks 8 and 9: newcomers who really solve, and newcomers who claim to have solved far more. */
import { gateLimits } from "@rempart/protocol";
import { attackerSource } from "../sources.ts";
import { ShowingAssault } from "./entrance.ts";
import type { Field } from "./field.ts";
import { type Puzzle, Solutions, workProof } from "./solutions.ts";

/** How many persistent attackers there are, each with an address and a network of its own. */
const attackersMax = 16;
/** Solving before the attack begins. Milliseconds. */
const stockpileMs = 5_000;
/** Share of the time that goes into solving while the attack goes on. */
const solveMsPerTurn = 30;

abstract class Solving extends ShowingAssault {
  protected readonly solutions: Solutions;
  #turn = 0;

  constructor(field: Field) {
    super(field);
    this.solutions = new Solutions(`${field.target.host}:${field.target.port}`, field.random);
  }

  /** Asks for the puzzle by showing what cannot be right, then works ahead of the attack. */
  async prepare(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const bytes = workProof({
      seed: new Uint8Array(16),
      effort: 1,
      nonce: new Uint8Array(16),
      solution: new Uint8Array(8),
    });
    this.show({ kind: "proof", bytes }, { refused: (_, puzzle) => this.hear(puzzle), closed: () => resolve() });
    await promise;
    const endsAt = performance.now() + stockpileMs;
    while (performance.now() < endsAt) {
      this.solutions.solve(50);
      await new Promise((next) => setImmediate(next));
    }
  }

  tend(): void {
    this.solutions.solve(solveMsPerTurn);
  }

  protected hear(puzzle: Puzzle | undefined): void {
    if (puzzle !== undefined) this.solutions.hear(puzzle);
  }

  protected nextAttacker(): string {
    this.#turn += 1;
    return attackerSource(this.#turn % attackersMax);
  }
}

/** Shows valid solutions as they are found, and the last one again for as long as there is no new one. */
export class Work extends Solving {
  #last: { readonly bytes: Uint8Array; isTaken: boolean } | undefined;

  attempt(): void {
    const found = this.solutions.take();
    if (found !== undefined) this.#last = { bytes: found, isTaken: false };
    const last = this.#last;
    this.show(
      last === undefined ? { kind: "nothing" } : { kind: "proof", bytes: last.bytes },
      {
        admitted: () => {
          if (last?.isTaken === true) this.field.tally.reused += 1;
          if (last !== undefined) last.isTaken = true;
        },
        refused: (wire, puzzle) => {
          this.hear(puzzle);
          wire.end();
        },
      },
      this.nextAttacker(),
    );
  }
}

/** Shows valid solutions, and between any two of them a claim of the highest effort that nobody worked for. */
export class Effort extends Solving {
  #claims = 0;

  attempt(): void {
    const { random } = this.field;
    this.#claims += 1;
    const found = this.#claims % 2 === 0 ? this.solutions.take() : undefined;
    const seed = this.solutions.puzzle?.seed ?? random.bytes(16);
    const claim = { seed, effort: gateLimits.effortMax, nonce: random.bytes(16), solution: random.bytes(8) };
    this.show(
      { kind: "proof", bytes: found ?? workProof(claim) },
      {
        refused: (wire, puzzle) => {
          this.hear(puzzle);
          wire.end();
        },
      },
    );
  }
}
