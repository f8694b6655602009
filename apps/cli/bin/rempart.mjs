#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { runNode } from "../../../tools/node.mjs";

// A server of many quiet connections should not grow by tens of megabytes for garbage that it makes slowly.
runNode([
  "--max-semi-space-size=8",
  fileURLToPath(new URL("../src/main.ts", import.meta.url)),
  ...process.argv.slice(2),
]);
