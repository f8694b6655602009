import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { LabError } from "../lab-error.ts";

const installMsMax = 300_000;

/**
 * Makes sure that a Debian package's program is there. Root installs it; everybody else is told the command.
 * On a machine with systemd the package may start its own service on its usual port: ours runs beside it.
 */
export function requireProgram(path: string, packageName: string): string {
  if (existsSync(path)) return path;
  const command = ["apt-get", "install", "-y", "--no-install-recommends", packageName];
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const [program = "", ...args] = command;
    spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"], env, timeout: installMsMax });
  }
  if (existsSync(path)) return path;
  throw new LabError("ERR_PACKAGE_MISSING", `${path} is missing; install it with: ${command.join(" ")}`);
}
