import type { HonestLane } from "../settings.ts";

/** What became of one transaction. */
export interface Transaction {
  readonly lane: HonestLane;
  /** When it was due, in milliseconds since the Unix epoch: waiting for its turn counts. */
  readonly at: number;
  readonly ms: number;
  /** How far it came: `done`, or the step that took too long. */
  readonly reached: "done" | "connecting" | "sending" | "delivery";
}

/** Which entries were acknowledged and which have arrived. */
export class Ledger {
  readonly #acknowledged = new Set<string>();
  readonly #arrived = new Map<string, number>();
  readonly #awaited = new Map<string, () => void>();

  acknowledged(entryId: Uint8Array): void {
    this.#acknowledged.add(keyOf(entryId));
  }

  arrived(entryId: Uint8Array): void {
    const key = keyOf(entryId);
    this.#arrived.set(key, (this.#arrived.get(key) ?? 0) + 1);
    this.#awaited.get(key)?.();
    this.#awaited.delete(key);
  }

  /** Resolves when the recipient has this entry. */
  delivery(entryId: Uint8Array): Promise<void> {
    const key = keyOf(entryId);
    if (this.#arrived.has(key)) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.set(key, resolve));
  }

  /** How many acknowledged entries are not among those that the server has now, or are there more than once. */
  lost(stored: Iterable<Uint8Array>): number {
    const counts = new Map<string, number>();
    for (const entryId of stored) counts.set(keyOf(entryId), (counts.get(keyOf(entryId)) ?? 0) + 1);
    return [...this.#acknowledged].filter((key) => counts.get(key) !== 1).length;
  }

  /** Acknowledged entries that never reached their recipient. */
  undelivered(): number {
    return [...this.#acknowledged].filter((key) => !this.#arrived.has(key)).length;
  }
}

function keyOf(entryId: Uint8Array): string {
  return Buffer.from(entryId.buffer, entryId.byteOffset, entryId.byteLength).toString("hex");
}
