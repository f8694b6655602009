/** What one connection may send in a second, counted where it arrives and before anything is done about it. */

export interface QuotaLimits {
  readonly framesPerSecondMax: number;
  readonly receivedBytesPerSecondMax: number;
  readonly controlsPerSecondMax: number;
}

const windowMs = 1_000;

/** Counts by the second in which things come; small, for every connection has one. */
export class Quota {
  readonly #limits: QuotaLimits;
  #windowEndsAt = 0;
  #frames = 0;
  #bytes = 0;
  #controls = 0;

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  /** Counts a message; how long to read no further, in milliseconds: 0 while there is room. */
  takeFrame(bytes: number, elapsed: number): number {
    this.#startWindow(elapsed);
    this.#frames += 1;
    this.#bytes += bytes;
    const isOver =
      this.#frames >= this.#limits.framesPerSecondMax || this.#bytes >= this.#limits.receivedBytesPerSecondMax;
    return isOver ? this.#windowEndsAt - elapsed : 0;
  }

  /** Counts a ping or pong; false when there were too many. */
  takeControl(elapsed: number): boolean {
    this.#startWindow(elapsed);
    this.#controls += 1;
    return this.#controls <= this.#limits.controlsPerSecondMax;
  }

  #startWindow(elapsed: number): void {
    if (elapsed < this.#windowEndsAt) return;
    this.#windowEndsAt = elapsed + windowMs;
    this.#frames = 0;
    this.#bytes = 0;
    this.#controls = 0;
  }
}
