/** Bounds how many requests are in flight, and how many bytes they hold; the others wait in the order in which they came. */

export interface Departure {
  /** What it holds until it is answered. */
  readonly bytes: number;
  readonly start: () => void;
  /** It will never start. */
  readonly reject: (error: Error) => void;
}

export class InFlight {
  readonly #countMax: number;
  readonly #bytesMax: number;
  #count = 0;
  #bytes = 0;
  #queue: Departure[] = [];

  constructor({ countMax, bytesMax }: { countMax: number; bytesMax: number }) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  /** Starts it now, or as soon as those before it leave room. */
  depart(departure: Departure): void {
    this.#queue.push(departure);
    this.#startNext();
  }

  /** One that has started is over, and holds its bytes no longer. */
  arrived(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
    this.#startNext();
  }

  /** Takes out all that have not started. */
  takeQueued(): readonly Departure[] {
    return this.#queue.splice(0);
  }

  #startNext(): void {
    for (let next = this.#queue[0]; next !== undefined && this.#hasRoomFor(next); next = this.#queue[0]) {
      this.#queue.shift();
      this.#count += 1;
      this.#bytes += next.bytes;
      next.start();
    }
  }

  #hasRoomFor({ bytes }: Departure): boolean {
    return this.#count < this.#countMax && this.#bytes + bytes <= this.#bytesMax;
  }
}
