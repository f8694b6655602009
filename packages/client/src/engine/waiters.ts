/** Promises that wait for a condition over the database; asked again whenever something has changed. */
export class Waiters {
  readonly #waiting = new Set<{ check: () => boolean; reject: (error: Error) => void }>();

  /** Resolves with the first value of `probe` that is not `undefined`; rejects with what it throws. */
  until<T>(probe: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          const value = probe();
          if (value === undefined) return false;
          resolve(value);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        return true;
      };
      if (!check()) this.#waiting.add({ check, reject });
    });
  }

  changed(): void {
    for (const waiter of [...this.#waiting]) if (waiter.check()) this.#waiting.delete(waiter);
  }

  /** Ends all waiting. */
  close(error: Error): void {
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }
}
