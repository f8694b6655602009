/** How often the pace is kept. Milliseconds. */
export const paceMs = 5;
/** Attempts that one turn makes at most: what is above is missed, and counted, rather than made up in a burst. */
const attemptsPerTurnMax = 200;

/** Spreads attempts evenly: a given number a second, whatever happens to those before. */
export class Pace {
  readonly #perSecond: number;
  readonly #startedAt: number;
  #taken = 0;
  #missed = 0;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#startedAt = now;
  }

  get missed(): number {
    return this.#missed;
  }

  /** How many attempts are due at `now` (milliseconds). */
  due(now: number): number {
    const wanted = Math.floor(((now - this.#startedAt) / 1_000) * this.#perSecond) - this.#taken;
    const made = Math.max(0, Math.min(wanted, attemptsPerTurnMax));
    this.#missed += Math.max(0, wanted - made);
    this.#taken += Math.max(0, wanted);
    return made;
  }
}
