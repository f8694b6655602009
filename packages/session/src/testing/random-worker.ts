/** Runs {@link run} off the main thread, where no test runner follows every promise. */
import { parentPort, workerData } from "node:worker_threads";
import { type RunOptions, run } from "./random-world.ts";

parentPort?.postMessage(await run(workerData as RunOptions));
