/**
 * The one command that checks the repository: format and lint, types, then every test. Ends with the test
 * runner's own summary; exits non-zero when any of them fails.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const steps: readonly { readonly name: string; readonly command: string; readonly args: readonly string[] }[] = [
  { name: "format and lint", command: "node_modules/.bin/biome", args: ["ci", "."] },
  { name: "types", command: "node_modules/.bin/tsc", args: ["--project", "tsconfig.json"] },
  {
    name: "tests",
    command: process.execPath,
    args: [
      "--disable-warning=ExperimentalWarning",
      "--test",
      "--test-concurrency=2",
      "--import=./tools/test-limit.ts",
      "--test-reporter=spec",
      "{tools,packages,apps}/**/*.test.ts",
    ],
  },
];

/** Milliseconds for one step: several times what the tests take on two slow cores. */
const stepMsMax = 1_800_000;

let failed = false;
for (const { name, command, args } of steps) {
  console.log(`\n── ${name}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", timeout: stepMsMax });
  if (status !== 0) {
    console.log(`── ${name}: failed${error === undefined ? "" : ` (${error.message})`}`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
