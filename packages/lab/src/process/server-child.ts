/**
 * The real server as a process of its own, for the lab to measure and to kill.
 * Usage: node server-child.ts '{"dataDir":…,"port":…}'. Prints one line of JSON when it is ready; SIGTERM stops it
 * gracefully; SIGUSR2 collects garbage when Node was started with --expose-gc.
 */
import { toHex } from "@rempart/protocol";
import { startServer } from "@rempart/server";

const { dataDir, port } = JSON.parse(process.argv[2] ?? "{}") as { dataDir: string; port: number };

/** What is measured here is the server inside, with crowds from one address: the gate lets in whoever comes. */
const gateLimits = {
  connectionsMax: 65_536,
  unadmittedMax: 65_536,
  unadmittedPerPrefixMax: 65_536,
  acceptPerSecond: 1_000_000,
  acceptPerPrefixPerSecondNormal: 1_000_000,
  admissionsPerSecond: 1_000_000,
  admissionsPercentMin: 100,
  roomE: 100,
  modeQueueAgeMsGuarded: 1_000_000,
  modeQueueAgeMsSiege: 1_000_000,
  modeLoopDelayMsGuarded: 1_000_000,
  modeLoopDelayMsSiege: 1_000_000,
  modeBusyPercentGuarded: 1_000,
  modeBusyPercentSiege: 1_000,
  modeOverflowsGuarded: 1_000_000,
  modeOverflowsSiege: 1_000_000,
  modeUnadmittedMinGuarded: 1_000_000,
  modeUnadmittedMinSiege: 1_000_000,
  modeMemoryPercentGuarded: 1_000,
  modeMemoryPercentSiege: 1_000,
  modeLostGuarded: 1_000_000,
};
const limits = { framesPerSecondMax: 1_000_000, receivedBytesPerSecondMax: 1_000_000_000 };
const server = await startServer({ dataDir, listen: { host: "127.0.0.1", port }, gateLimits, limits });
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
