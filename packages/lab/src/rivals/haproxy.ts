import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "../process/child.ts";
import { pinnedCommand } from "../process/cpus.ts";
import { freePort, untilListening } from "./free-port.ts";
import { requireProgram } from "./package.ts";
import { backlog, hardened } from "./siege.ts";

const program = "/usr/sbin/haproxy";

/**
 * An HAProxy in front of a rival, on the same core: it ends TLS, counts each address in a stick table, refuses who comes too
 * often or has too many connections open, and reaches the rival only for who has said something.
 */
export async function startHaproxy(
  directory: string,
  { backend, tls }: { readonly backend: number; readonly tls: { certFile: string; keyFile: string } | undefined },
): Promise<{ child: Child; port: number }> {
  requireProgram(program, "haproxy");
  const port = await freePort();
  const pem = join(directory, "haproxy.pem");
  if (tls !== undefined) writeFileSync(pem, readFileSync(tls.certFile, "utf8") + readFileSync(tls.keyFile, "utf8"));
  const file = join(directory, "haproxy.cfg");
  writeFileSync(file, configuration({ port, backend, pem: tls === undefined ? undefined : pem }));
  const child = await Child.start(pinnedCommand("split", [program, "-db", "-f", file]));
  await untilListening(child, port);
  return { child, port };
}

function configuration(parts: { port: number; backend: number; pem: string | undefined }): string {
  const { port, backend, pem } = parts;
  return `global
  nbthread 1
  maxconn ${hardened.connectionsMax}
  tune.ssl.default-dh-param 2048
defaults
  mode tcp
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout tunnel 1h
  timeout client-fin 1s
frontend in
  bind 127.0.0.1:${port} backlog ${backlog}${pem === undefined ? "" : ` ssl crt ${pem}`}
  stick-table type ip size 1m expire 60s store conn_rate(10s),conn_cur
  tcp-request connection track-sc0 src
  tcp-request connection reject if { sc0_conn_rate gt 40 }
  tcp-request connection reject if { sc0_conn_cur gt 20 }
  tcp-request inspect-delay 3s
  tcp-request content accept if { req.len gt 0 }
  tcp-request content reject if WAIT_END
  default_backend rival
backend rival
  server rival 127.0.0.1:${backend} maxconn ${hardened.connectionsMax}
`;
}
