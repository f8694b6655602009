import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../process/child.ts";
import { pinnedCommand } from "../process/cpus.ts";
import { freePort, untilListening } from "./free-port.ts";
import { requireProgram } from "./package.ts";
import { backlog, hardened, type Rival, type SiegeOptions } from "./siege.ts";

const program = "/usr/bin/prosody";

/** A Prosody of our own, everything it writes in `directory`: Debian's limits, or its own means drawn tight. */
export async function startProsodyForSiege(directory: string, options: SiegeOptions): Promise<Rival> {
  requireProgram(program, "prosody");
  const port = await freePort();
  const dataDir = join(directory, "prosody");
  await mkdir(dataDir);
  const file = join(directory, "prosody.cfg.lua");
  await writeFile(file, configuration({ port, directory, dataDir, options }));
  const child = await Child.start(pinnedCommand("split", [program, "--root", "-F", "--config", file]));
  await untilListening(child, port);
  const means = options.isHardened ? "; sign-in within 5 s, 5 kB/s for each connection, small stanzas" : "";
  return { child, port, note: `delivers from memory, no archive, does not acknowledge to the sender${means}` };
}

interface Parts {
  readonly port: number;
  readonly directory: string;
  readonly dataDir: string;
  readonly options: SiegeOptions;
}

/** Registration is open, so that the lab can make its accounts. */
function configuration({ port, directory, dataDir, options: { tls, isHardened } }: Parts): string {
  const modules = ["disco", "roster", "saslauth", "tls", "limits", "register", "ping", "smacks"];
  const listening =
    tls === undefined
      ? `c2s_ports = { ${port} }\nc2s_direct_tls_ports = {}\n`
      : `c2s_ports = {}
c2s_direct_tls_ports = { ${port} }
c2s_direct_tls_ssl = { certificate = ${quoted(tls.certFile)}; key = ${quoted(tls.keyFile)}; }
ssl = { certificate = ${quoted(tls.certFile)}; key = ${quoted(tls.keyFile)}; }
`;
  const tight = `c2s_timeout = ${hardened.signInSeconds}
c2s_stanza_size_limit = ${hardened.messageBytesMax}
`;
  return `pidfile = ${quoted(join(directory, "prosody.pid"))}
data_path = ${quoted(dataDir)}
modules_enabled = { ${modules.map(quoted).join("; ")} }
modules_disabled = { "s2s"; "posix" }
allow_registration = true
authentication = "internal_hashed"
interfaces = { "127.0.0.1" }
s2s_ports = {}
s2s_direct_tls_ports = {}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
network_settings = { tcp_backlog = ${backlog} }
limits = { c2s = { rate = ${quoted(isHardened ? "5kb/s" : "10kb/s")}; } }
log = { error = ${quoted(join(directory, "prosody.log"))} }
${listening}${isHardened ? tight : ""}VirtualHost "localhost"
`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
