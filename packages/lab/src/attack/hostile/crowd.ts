import type { HostileWire } from "./wire.ts";

/** The hostile connections of an attack that are held open: never more than its bound, the oldest make room. */
export class Crowd {
  readonly #wires = new Set<HostileWire>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#wires.size;
  }

  add(wire: HostileWire): void {
    this.#wires.add(wire);
    if (this.#wires.size <= this.#max) return;
    const [oldest] = this.#wires;
    if (oldest === undefined) return;
    this.#wires.delete(oldest);
    oldest.reset();
  }

  remove(wire: HostileWire): void {
    this.#wires.delete(wire);
  }

  [Symbol.iterator](): IterableIterator<HostileWire> {
    return this.#wires.values();
  }

  /** Ends them all. */
  disperse(): void {
    for (const wire of this.#wires) wire.reset();
    this.#wires.clear();
  }
}
