/** The client's {@link Solver} on a worker of the browser's, started for each puzzle and ended with it. */
import { workBound, workPrefix } from "@rempart/protocol";
import type { Solver } from "../../ports.ts";
import type { SearchMessage, SearchTask } from "../work-search.ts";

export const workerSolver: Solver = {
  async solve(task, { progress, signal }) {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const worker = new Worker(new URL("./solver-worker.ts", import.meta.url), { type: "module" });
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    worker.onmessage = ({ data }: MessageEvent<SearchMessage>) => {
      if (data.kind === "solved") resolve(data.solution);
      else progress(data.made);
    };
    worker.onerror = () => reject(new Error("the solver's worker failed"));
    const search: SearchTask = { prefix: workPrefix(task), bound: workBound(task.effort) };
    worker.postMessage(search);
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
      worker.terminate();
    }
  },
};
