/** Asks again for something that has changed; many changes at once cost one or two questions. */
/** Long enough for a message to be on its way, short enough to look immediate. */
const soonMs = 60;

export class Refresher {
  readonly #ask: () => Promise<void>;
  #running: Promise<void> | undefined;
  #isStale = false;
  #isDue = false;

  constructor(ask: () => Promise<void>) {
    this.#ask = ask;
  }

  /** Asks in a moment: the engine first does what it was told, and many changes become one question. */
  soon(onFailure: (error: unknown) => void): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.run().catch(onFailure);
    }, soonMs);
  }

  /** Resolves once an answer is in that was asked for after this call. */
  run(): Promise<void> {
    if (this.#running !== undefined) {
      this.#isStale = true;
      return this.#running;
    }
    this.#running = this.#loop().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #loop(): Promise<void> {
    do {
      this.#isStale = false;
      await this.#ask();
    } while (this.#isStale);
  }
}
