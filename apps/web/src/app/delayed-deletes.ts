/** Deleting for everyone cannot be taken back once it is sent, so it waits a moment in which it can. */

export const undoMs = 5_000;

export interface DelayedDeletesOptions {
  send(message: string): void;
  changed(deleting: ReadonlySet<string>): void;
}

export class DelayedDeletes {
  readonly #options: DelayedDeletesOptions;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(options: DelayedDeletesOptions) {
    this.#options = options;
    // A person who closes the page has not undone anything.
    addEventListener("pagehide", () => this.flush());
  }

  add(message: string): void {
    if (this.#timers.has(message)) return;
    this.#timers.set(
      message,
      setTimeout(() => this.#send(message), undoMs),
    );
    this.#changed();
  }

  undo(message: string): void {
    clearTimeout(this.#timers.get(message));
    this.#timers.delete(message);
    this.#changed();
  }

  flush(): void {
    for (const message of [...this.#timers.keys()]) this.#send(message);
  }

  #send(message: string): void {
    clearTimeout(this.#timers.get(message));
    this.#timers.delete(message);
    this.#options.send(message);
    this.#changed();
  }

  #changed(): void {
    this.#options.changed(new Set(this.#timers.keys()));
  }
}
