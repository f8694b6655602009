/** The solver's thread: one puzzle after the other. */
import { parentPort } from "node:worker_threads";
import { type SearchTask, search } from "../work-search.ts";

parentPort?.on("message", (task: SearchTask) => {
  void search(task, {
    elapsed: () => performance.now(),
    tell: (message) => parentPort?.postMessage(message),
  });
});
