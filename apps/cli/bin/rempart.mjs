#!/usr/bin/env node
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { runNode } from "../../../tools/node.mjs";

runNode([
  // A server of many quiet connections should not grow by tens of megabytes for garbage that it makes slowly.
  "--max-semi-space-size=16",
  // Threads that collect garbage have nowhere to run beside the one that waits for them.
  ...(availableParallelism() === 1 ? ["--single-threaded-gc"] : []),
  fileURLToPath(new URL("../src/main.ts", import.meta.url)),
  ...process.argv.slice(2),
]);
