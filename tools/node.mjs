// Runs a TypeScript entry point on the pinned Node, whatever Node this file itself was started with.
// Usage: node tools/node.mjs FILE [ARG…]
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const nodeMajorMin = 24;

/** The pinned Node's path, or this process's own when that is recent enough. */
export function findNode() {
  const pinned = join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= nodeMajorMin) return process.execPath;
  return undefined;
}

/** Runs `node FILE ARG…` with the terminal handed through, and ends as it ended. */
export function runNode(args) {
  const node = findNode();
  if (node === undefined) {
    console.error(`Rempart needs Node ${nodeMajorMin} or newer. Run "npm ci" in ${root}, which brings one along.`);
    process.exit(1);
  }
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...args], {
    // The channel tells the program when this launcher has died in a way that no signal announces.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runNode(process.argv.slice(2));
