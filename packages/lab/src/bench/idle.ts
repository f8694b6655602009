import { LabError } from "../lab-error.ts";
import { layoutNames, requireOpenFiles, residentBytesOf } from "../process/cpus.ts";
import { firstAccount } from "../process/server-process.ts";
import type { LabAccount, LabClient, LabLog } from "../wire/lab-client.ts";
import type { Sample, Scenario, Variant } from "./figure.ts";
import { createLogs, inBatches, openClients } from "./rempart-setup.ts";
import type { BenchSettings } from "./settings.ts";
import { type FreshServer, startFreshServer } from "./with-server.ts";

const sampleEveryMs = 250;
/** Samples in a row that must lie within 0.5 % of each other before memory counts as settled. */
const settledSamples = 6;
const settleMsMax = 15_000;
/** Idle connections that are there before the first measurement: what a server takes once is not the price of one more. */
const earlierConnections = 1_000;

/** Server memory per connection that does nothing, at 10,000 connections. */
export function idle(settings: BenchSettings): Scenario {
  const count = settings.isQuick ? 500 : 10_000;
  return { variants: [idleVariant(count, "connected", settings), idleVariant(count, "subscribed", settings)] };
}

function idleVariant(count: number, state: "connected" | "subscribed", settings: BenchSettings): Variant {
  const layout = settings.layout ?? "split";
  const earlier = Math.min(earlierConnections, count);
  const what = state === "connected" ? "merely connected" : "authenticated, each subscribed to a log of its own";
  return {
    name: `${count} ${state}, ${layoutNames[layout]}`,
    notes: [
      `${what}; all have said hello`,
      `resident memory of the server process: the difference between ${earlier} idle connections and ${count} more`,
      "the kernel's socket buffers are not in it",
    ],
    run: async () => {
      requireOpenFiles(count + earlier + 1_000);
      const server = await startFreshServer(layout, () => ["--expose-gc"]);
      try {
        return await measureIdle(server, { count, earlier, isSubscribed: state === "subscribed" });
      } finally {
        await server.stop();
      }
    },
  };
}

async function measureIdle(
  server: FreshServer,
  options: { readonly count: number; readonly earlier: number; readonly isSubscribed: boolean },
): Promise<Sample> {
  const { count, earlier, isSubscribed } = options;
  const account = await firstAccount(server);
  const logs = isSubscribed ? await createLogs(server.address, account, earlier + count) : [];
  const before = await openIdle(server, account, { count: earlier, logs: logs.slice(0, earlier) });
  const bytesBefore = await settledBytes(server);
  const after = await openIdle(server, account, { count, logs: logs.slice(earlier) });
  const bytesAfter = await settledBytes(server);
  const clients = [...before, ...after];
  assertAllOpen(clients);
  for (const client of clients) client.close();
  return { measurements: [{ metric: "memory", unit: "KiB", value: (bytesAfter - bytesBefore) / 1_024 / count }] };
}

/** Opens connections; with logs, authenticates each and subscribes it to one of them. */
async function openIdle(
  server: FreshServer,
  account: LabAccount,
  options: { readonly count: number; readonly logs: readonly LabLog[] },
): Promise<LabClient[]> {
  const clients = await openClients(server.address, options.count);
  await inBatches(options.logs.length, 100, async (i) => {
    const [client, log] = [clients[i], options.logs[i]];
    if (client === undefined || log === undefined) return;
    await client.authenticate(account);
    await client.subscribe(log);
  });
  return clients;
}

function assertAllOpen(clients: readonly LabClient[]): void {
  const closed = clients.filter(({ socket }) => socket.isClosed).length;
  if (closed > 0) throw new LabError("ERR_BENCH", `${closed} of ${clients.length} idle connections were closed`);
}

/** Asks the server for full collections until its resident memory no longer moves; the mean of the last samples. */
async function settledBytes(server: FreshServer): Promise<number> {
  const samples: number[] = [];
  const givesUpAt = performance.now() + settleMsMax;
  while (performance.now() < givesUpAt) {
    server.child.signal("SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, sampleEveryMs));
    samples.push(residentBytesOf(server.child.pid));
    const last = samples.slice(-settledSamples);
    if (last.length === settledSamples && Math.max(...last) <= 1.005 * Math.min(...last)) break;
  }
  const last = samples.slice(-settledSamples);
  return last.reduce((sum, bytes) => sum + bytes, 0) / last.length;
}
