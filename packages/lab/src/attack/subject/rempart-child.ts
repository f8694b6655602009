/**
 * The real server behind its gate, as a process of its own. Usage: node rempart-child.ts JSON with `dataDir`, and
 * `certificate` (`cert` and `key`, PEM) where it speaks TLS. Addresses of the loopback are registered in invented countries. Prints one line of JSON when it is ready; SIGTERM stops it; SIGUSR2 collects
 * garbage when Node was started with --expose-gc.
 */
import { toHex } from "@rempart/protocol";
import { startServer } from "@rempart/server";
import { placeOf } from "../sources.ts";

const { dataDir, certificate } = JSON.parse(process.argv[2] ?? "{}") as {
  dataDir: string;
  certificate?: { readonly cert: string; readonly key: string };
};
const server = await startServer({
  dataDir,
  listen: { host: "127.0.0.1", port: 0 },
  sourceTable: { lookup: placeOf },
  ...(certificate === undefined ? {} : { certificate }),
});
const invite = server.firstInvite === undefined ? undefined : toHex(server.firstInvite);

process.on("SIGTERM", () => {
  server.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("SIGUSR2", () => globalThis.gc?.());
console.log(JSON.stringify({ event: "ready", port: server.port, adminUrl: server.adminUrl, invite }));
