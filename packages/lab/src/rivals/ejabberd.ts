import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../lab-error.ts";
import { Child } from "../process/child.ts";
import { type Layout, pinnedCommand } from "../process/cpus.ts";
import { freePort, untilListening } from "./free-port.ts";
import { requireProgram } from "./package.ts";

export const ejabberdNote =
  "ejabberd with mod_mam archiving every message (Mnesia, its default): no acknowledgement to the sender, no fsync before delivery";

/**
 * An ejabberd of our own, everything it writes in `directory`. Started as plain Erlang rather than through
 * `ejabberdctl`, which changes the user and leaves a port mapper running.
 */
export async function startEjabberd(directory: string, layout: Layout): Promise<{ child: Child; port: number }> {
  requireProgram("/usr/sbin/ejabberdctl", "ejabberd");
  const port = await freePort();
  const file = join(directory, "ejabberd.yml");
  await writeFile(file, configuration(port));
  const home = join(directory, "home");
  await mkdir(home);
  const quoted = (path: string): string => JSON.stringify(path);
  const arguments_ = [
    ...["+K", "true", "+P", "250000", "-noinput"],
    ...["-pa", programDirectory(), "-mnesia", "dir", quoted(join(directory, "mnesia"))],
    ...["-ejabberd", "config", quoted(file), "log_path", quoted(join(directory, "ejabberd.log"))],
    ...["-s", "ejabberd"],
  ];
  const child = await Child.start(pinnedCommand(layout, ["/usr/bin/erl", ...arguments_]), { HOME: home });
  await untilListening(child, port);
  return { child, port };
}

/** Debian keeps ejabberd's code in a directory named after its version. */
function programDirectory(): string {
  const libraries = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const name = readdirSync(libraries).find((entry) => entry.startsWith("ejabberd-"));
  if (name === undefined) throw new LabError("ERR_PACKAGE_MISSING", `there is no ejabberd in ${libraries}`);
  return join(libraries, name, "ebin");
}

function configuration(port: number): string {
  return `hosts: ["localhost"]
loglevel: error
auth_method: mnesia
auth_password_format: plain
registration_timeout: infinity
access_rules:
  everybody:
    allow: all
listen:
  -
    port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    access: everybody
    shaper: none
    backlog: 4096
modules:
  mod_mam:
    default: always
    db_type: mnesia
  mod_register:
    access: everybody
    ip_access: all
`;
}
