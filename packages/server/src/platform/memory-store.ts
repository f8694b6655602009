/** The store without a disk, for tests and the simulator: same engine, same promises, and faults on demand. */
import { ProtocolError } from "@rempart/protocol";
import { readOnlyOperations, runOperation } from "../engine/engine.ts";
import type { Store } from "../ports.ts";
import type { AnswerOf, AskOf, StoreOperationName } from "../store-operations.ts";
import { MemoryDisk } from "./memory-disk.ts";

/** What becomes of one operation that changes something. */
export type StoreFault = "none" | "fail-and-not-persist" | "fail-but-persist";

export interface MemoryStoreOptions {
  /** What an earlier store left behind; a new disk if absent. */
  readonly disk?: MemoryDisk;
  /** Asked when a writing operation takes effect; reads do not fail. */
  readonly faultOf?: (name: StoreOperationName) => StoreFault;
  /** When a group is written: called once for the first operation that waits. At once, if absent. */
  readonly schedule?: (commit: () => void) => void;
}

interface Waiting {
  /** Takes effect, and returns what will tell the caller. */
  readonly run: () => () => void;
}

export class MemoryStore implements Store {
  readonly disk: MemoryDisk;
  readonly #options: MemoryStoreOptions;
  #waiting: Waiting[] = [];
  #isDown = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    this.disk = options.disk ?? new MemoryDisk();
  }

  submit<N extends StoreOperationName>(name: N, ask: AskOf<N>): Promise<AnswerOf<N>> {
    if (this.#isDown) return Promise.reject(new ProtocolError("ERR_STORAGE", "the store is closed"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ run: () => this.#run(name, ask, { resolve, reject }) });
      if (this.#waiting.length > 1) return;
      const schedule = this.#options.schedule ?? queueMicrotask;
      schedule(() => this.#commit(this.#waiting.length));
    });
  }

  async close(): Promise<void> {
    this.#commit(this.#waiting.length);
    this.#isDown = true;
  }

  /**
   * Power fails: nobody hears anything any more. Of the operations that wait, the first `keptCount` had
   * reached the disk; the others are lost. Go on with a new store on the same `disk`.
   */
  crash({ keptCount }: { readonly keptCount: number }): void {
    this.#isDown = true;
    for (const { run } of this.#waiting.splice(0).slice(0, keptCount)) run();
  }

  /** Operations that wait to be written. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  #commit(count: number): void {
    if (this.#isDown) return;
    const tells = this.#waiting.splice(0, count).map(({ run }) => run());
    for (const tell of tells) tell();
  }

  #run<N extends StoreOperationName>(
    name: N,
    ask: AskOf<N>,
    { resolve, reject }: { resolve: (answer: AnswerOf<N>) => void; reject: (error: unknown) => void },
  ): () => void {
    const fault = readOnlyOperations.has(name) ? "none" : (this.#options.faultOf?.(name) ?? "none");
    const failure = new ProtocolError("ERR_STORAGE", "the server's storage fails");
    if (fault === "fail-and-not-persist") return () => reject(failure);
    try {
      const answer = runOperation(this.disk, name, ask);
      return fault === "fail-but-persist" ? () => reject(failure) : () => resolve(answer);
    } catch (error) {
      return () => reject(error);
    }
  }
}
