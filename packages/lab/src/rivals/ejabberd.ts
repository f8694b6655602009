import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../lab-error.ts";
import { Child } from "../process/child.ts";
import { type Layout, pinnedCommand } from "../process/cpus.ts";
import { freePort, untilListening } from "./free-port.ts";
import { requireProgram } from "./package.ts";
import { backlog, hardened, type Rival, type SiegeOptions } from "./siege.ts";

export const ejabberdNote =
  "ejabberd with mod_mam archiving every message (Mnesia, its default): no acknowledgement to the sender, no fsync before delivery";

/**
 * An ejabberd of our own, everything it writes in `directory`. Started as plain Erlang rather than through
 * `ejabberdctl`, which changes the user and leaves a port mapper running.
 */
export async function startEjabberd(directory: string, layout: Layout): Promise<{ child: Child; port: number }> {
  requireProgram("/usr/sbin/ejabberdctl", "ejabberd");
  return start(directory, layout, configuration);
}

/** The same server for a siege: Debian's limits, or its own means drawn tight. */
export async function startEjabberdForSiege(directory: string, options: SiegeOptions): Promise<Rival> {
  requireProgram("/usr/sbin/ejabberdctl", "ejabberd");
  const started = await start(directory, "split", (port) => siegeConfiguration(port, options));
  const means = options.isHardened
    ? "; shapers, sign-in within 5 s, small stanzas, fail2ban where it sees addresses"
    : "";
  return {
    ...started,
    note: `delivers from memory, archives without fsync, does not acknowledge to the sender${means}`,
  };
}

async function start(
  directory: string,
  layout: Layout,
  configurationFor: (port: number) => string,
): Promise<{ child: Child; port: number }> {
  const port = await freePort();
  const file = join(directory, "ejabberd.yml");
  await writeFile(file, configurationFor(port));
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

/** Certificate and key in one file, which is how ejabberd likes them. */
function pemOf({ certFile, keyFile }: { certFile: string; keyFile: string }): string {
  const file = `${certFile}.ejabberd`;
  writeFileSync(file, readFileSync(certFile, "utf8") + readFileSync(keyFile, "utf8"), { mode: 0o644 });
  return file;
}

/** As in Debian's file where it says something; registration is open, so that the lab can make its accounts. */
function siegeConfiguration(port: number, { tls, isHardened, isBehindProxy }: SiegeOptions): string {
  const fail2ban =
    isHardened && !isBehindProxy
      ? "  mod_fail2ban:\n    c2s_max_auth_failures: 5\n    c2s_auth_ban_lifetime: 10 min\n"
      : "";
  return `hosts: ["localhost"]
loglevel: error
auth_method: mnesia
auth_password_format: scram
registration_timeout: infinity
${tls === undefined ? "" : `certfiles:\n  - ${JSON.stringify(pemOf(tls))}\n`}${isHardened ? `negotiation_timeout: ${hardened.signInSeconds} s\nmax_fsm_queue: 1000\n` : ""}shaper:
  normal:
    rate: ${isHardened ? 2_000 : 3_000}
    burst_size: ${isHardened ? 10_000 : 20_000}
shaper_rules:
  c2s_shaper:
    normal: all
  max_user_sessions: 1000
access_rules:
  everybody:
    allow: all
listen:
  -
    port: ${port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    access: everybody
    max_stanza_size: ${isHardened ? hardened.messageBytesMax : 262_144}
    shaper: c2s_shaper
    backlog: ${backlog}
    tls: ${tls !== undefined}
modules:
  mod_disco: {}
  mod_ping: {}
${fail2ban}  mod_mam:
    default: always
    db_type: mnesia
  mod_register:
    access: everybody
    ip_access: all
`;
}
