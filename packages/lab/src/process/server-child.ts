/**
 * The real server as a process of its own, for the lab to measure and to kill.
 * Usage: node server-child.ts '{"dataDir":…,"port":…}'. Prints one line of JSON when it is ready; SIGTERM stops it
 * gracefully; SIGUSR2 collects garbage when Node was started with --expose-gc.
 */
import { toHex } from "@rempart/protocol";
import { startServer } from "@rempart/server";

const { dataDir, port } = JSON.parse(process.argv[2] ?? "{}") as { dataDir: string; port: number };
const server = await startServer({ dataDir, listen: { host: "127.0.0.1", port } });
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
console.log(JSON.stringify({ event: "ready", port: server.port, invite }));
