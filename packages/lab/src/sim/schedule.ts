/**
 * Virtual time: everything that happens in a simulation is an event in one queue, ordered by time and,
 * at equal times, by when it was scheduled.
 *
 * The engines are asynchronous, yet deterministic here: their ports answer from events or in microtasks
 * and never from the outside world. After each event the real event loop turns once, which by definition
 * runs every microtask to exhaustion, in the order in which they were queued; only then the next event
 * runs. So between two events nothing is pending but what waits for a later event.
 */
import type { Trace } from "./trace.ts";

interface Event {
  readonly time: number;
  readonly order: number;
  readonly label: string;
  run: (() => void) | undefined;
}

// Taken before a guard replaces the globals: the simulator itself is the only one that may turn the loop.
const realSetImmediate = globalThis.setImmediate;

/** Lets every microtask run that is or becomes due. */
export function settle(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}

export class Schedule {
  readonly #trace: Trace;
  readonly #heap: Event[] = [];
  #now: number;
  #ordered = 0;
  #ran = 0;

  constructor(options: { readonly trace: Trace; readonly startMs: number }) {
    this.#trace = options.trace;
    this.#now = options.startMs;
  }

  /** Virtual milliseconds since the Unix epoch. */
  get now(): number {
    return this.#now;
  }

  /** Events waiting, cancelled ones included. */
  get pending(): number {
    return this.#heap.length;
  }

  /** Events run so far. */
  get ran(): number {
    return this.#ran;
  }

  /** Runs `run` once, `delayMs` from now; the returned function takes it back. */
  after(delayMs: number, label: string, run: () => void): () => void {
    if (!Number.isFinite(delayMs)) throw new RangeError(`the delay of "${label}" is ${delayMs}`);
    const event: Event = { time: this.#now + Math.max(0, delayMs), order: this.#ordered++, label, run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Runs every event that is due within `durationMs`, then moves the clock to the end of it. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await settle();
    for (let next = this.#heap[0]; next !== undefined && next.time <= end; next = this.#heap[0]) await this.#runNext();
    this.#now = end;
  }

  /** Runs events until `isDone` or for at most `limitMs`; answers whether it was done in time. */
  async runUntil(isDone: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#now + limitMs;
    await settle();
    while (!isDone()) {
      const next = this.#heap[0];
      if (next === undefined || next.time > end) {
        this.#now = end;
        return isDone();
      }
      await this.#runNext();
    }
    return true;
  }

  async #runNext(): Promise<void> {
    const event = this.#pop();
    this.#now = event.time;
    const run = event.run;
    if (run === undefined) return;
    event.run = undefined;
    this.#ran++;
    this.#trace.note(event.label, this.#now);
    run();
    await settle();
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Event;
      if (isEarlier(parent, event)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): Event {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) throw new RangeError("there is no event to run");
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isEarlier(right, heap[child] as Event)) child++;
      if (isEarlier(last, heap[child] as Event)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isEarlier(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
