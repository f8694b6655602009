/** The client's {@link Solver} on a thread of Node's, started for each puzzle and ended with it. */
import { Worker } from "node:worker_threads";
import { workBound, workPrefix } from "@rempart/protocol";
import type { Solver } from "../../ports.ts";
import type { SearchMessage, SearchTask } from "../work-search.ts";

export const threadSolver: Solver = {
  async solve(task, { progress, signal }) {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const workerData: SearchTask = { prefix: workPrefix(task), bound: workBound(task.effort) };
    const worker = new Worker(new URL("./solver-worker.ts", import.meta.url), { workerData });
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    worker.on("message", (message: SearchMessage) => {
      if (message.kind === "solved") resolve(message.solution);
      else progress(message.made);
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("the solver's thread ended without a solution")));
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
      await worker.terminate();
    }
  },
};
