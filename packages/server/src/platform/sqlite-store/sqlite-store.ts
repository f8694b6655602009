/** The store on SQLite: asks are gathered for one turn of the event loop and posted to the worker as one buffer. */
import { Worker } from "node:worker_threads";
import { ProtocolError, Reader, Writer } from "@rempart/protocol";
import type { Store } from "../../ports.ts";
import type { AnswerOf, AskOf, StoreOperationName } from "../../store-operations.ts";
import { type AnswerMessage, type CommitReport, readAnswer, writeAsk } from "./batch.ts";
import type { DatabaseOptions } from "./database.ts";

export interface SqliteStoreOptions extends DatabaseOptions {
  /** Hears of every transaction: for metrics and health. */
  readonly onCommit?: (report: CommitReport) => void;
  /** Hears when the worker has died: nothing is stored any more. */
  readonly onFailure?: (error: Error) => void;
}

interface Pending {
  readonly name: StoreOperationName;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

const batchBytesInitial = 16_384;

export class SqliteStore implements Store {
  readonly #worker: Worker;
  readonly #options: SqliteStoreOptions;
  /** Asks that wait for their answer, oldest first. */
  #pending: Pending[] = [];
  #writer: Writer | undefined;
  #failure: ProtocolError | undefined;
  #exited: Promise<void>;

  /** Opens, creates or migrates the database. Rejects when that fails. */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { file, pagesMax } = options;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: pagesMax === undefined ? { file } : { file, pagesMax },
    });
    await new Promise<void>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", () => {
        worker.off("error", reject);
        resolve();
      });
    });
    return new SqliteStore(worker, options);
  }

  private constructor(worker: Worker, options: SqliteStoreOptions) {
    this.#worker = worker;
    this.#options = options;
    this.#exited = new Promise((resolve) => worker.once("exit", () => resolve()));
    worker.on("message", (message: AnswerMessage) => this.#settle(message));
    worker.on("error", (error) => this.#fail(error instanceof Error ? error : new Error("the worker died")));
  }

  submit<N extends StoreOperationName>(name: N, ask: AskOf<N>): Promise<AnswerOf<N>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#writer === undefined) {
      this.#writer = new Writer(batchBytesInitial);
      setImmediate(() => this.#flush());
    }
    const start = this.#writer.length;
    try {
      writeAsk(this.#writer, name, ask);
    } catch (error) {
      // Half an ask would spoil its neighbours'.
      this.#writer.rewind(start);
      return Promise.reject(error);
    }
    return new Promise<AnswerOf<N>>((resolve, reject) => this.#pending.push({ name, resolve, reject }));
  }

  async close(): Promise<void> {
    this.#flush();
    this.#failure ??= new ProtocolError("ERR_STORAGE", "the store is closed");
    this.#worker.postMessage("close");
    await this.#exited;
  }

  #flush(): void {
    const batch = this.#writer?.finish();
    this.#writer = undefined;
    if (batch !== undefined) this.#worker.postMessage(batch, [batch.buffer]);
  }

  #settle({ answers, commit }: AnswerMessage): void {
    const reader = new Reader(answers);
    const settled = this.#pending.slice(0, commit.operations);
    this.#pending = this.#pending.slice(commit.operations);
    for (const { name, resolve, reject } of settled) {
      try {
        resolve(readAnswer(reader, name) as never);
      } catch (error) {
        reject(error);
      }
    }
    this.#options.onCommit?.(commit);
  }

  #fail(error: Error): void {
    this.#failure = new ProtocolError("ERR_STORAGE", "the server's storage fails");
    const pending = this.#pending;
    this.#pending = [];
    for (const { reject } of pending) reject(this.#failure);
    this.#options.onFailure?.(error);
  }
}
