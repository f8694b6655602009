/** What a simulation reports when a promise is broken: which one, when, and how to see it again. */

/** The invariants, by the numbers that `invariants.ts` explains; I0 is "nothing unforeseen happened"; those of the gate by `gate/watch.ts`. */
export type InvariantId = `I${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}` | `G${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;

export class Violation extends Error {
  readonly invariant: InvariantId;

  constructor(invariant: InvariantId, message: string, cause?: unknown) {
    super(`${invariant}: ${message}`, { cause });
    this.name = "Violation";
    this.invariant = invariant;
  }
}

/** Collects violations as they are found, in events where nobody could catch them; the first one counts. */
export class Violations {
  readonly #found: Violation[] = [];

  report(invariant: InvariantId, message: string, cause?: unknown): void {
    if (this.#found.length < violationsKeptMax) this.#found.push(new Violation(invariant, message, cause));
  }

  get first(): Violation | undefined {
    return this.#found[0];
  }

  get all(): readonly Violation[] {
    return this.#found;
  }
}

const violationsKeptMax = 20;

/** An error with the place it came from, and the one behind it. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${describeError(error.cause)}`;
}
