/** The solver's thread. */
import { parentPort, workerData } from "node:worker_threads";
import { type SearchTask, search } from "../work-search.ts";

await search(workerData as SearchTask, {
  elapsed: () => performance.now(),
  tell: (message) => parentPort?.postMessage(message),
});
