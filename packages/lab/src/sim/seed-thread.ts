/** A thread that runs seeds one after another, and is replaced when one of them never comes back. */
import { Worker } from "node:worker_threads";
import { replayCommand } from "./report.ts";
import type { RunOptions } from "./run.ts";
import type { SeedReport } from "./worker.ts";

/** Wall-clock time for one operation of a seed, on the slowest machine that counts. */
const patienceMsPerOp = 200;
const patienceMsMin = 60_000;

export class SeedThread {
  #worker: Worker | undefined;

  /** Runs one seed. A thread that dies or hangs is a broken seed like any other. */
  run(options: RunOptions): Promise<SeedReport> {
    const worker = this.#worker ?? new Worker(new URL("./worker.ts", import.meta.url));
    this.#worker = worker;
    return new Promise((resolve) => {
      const finish = (report: SeedReport) => {
        clearTimeout(timer);
        worker.off("message", finish).off("error", died).off("exit", ended);
        resolve(report);
      };
      const fail = (what: string) => {
        this.#worker = undefined;
        void worker.terminate();
        const text = `seed ${options.seed}: ${what}\n  replay: ${replayCommand(options)}`;
        finish({ seed: options.seed, isClean: false, text, stats: {} });
      };
      const died = (error: unknown) => fail(`its thread died: ${String(error)}`);
      const ended = (code: number) => fail(`its thread ended with ${code}`);
      const patienceMs = Math.max(patienceMsMin, patienceMsPerOp * options.ops);
      const timer = setTimeout(() => fail(`it did not end within ${patienceMs} ms`), patienceMs);
      worker.on("message", finish).on("error", died).on("exit", ended);
      worker.postMessage(options);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}
