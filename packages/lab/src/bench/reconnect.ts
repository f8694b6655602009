import { LabError, messageOf } from "../lab-error.ts";
import { CpuMeter, layoutNames, requireOpenFiles } from "../process/cpus.ts";
import { firstAccount } from "../process/server-process.ts";
import { Durations } from "../statistics.ts";
import { type LabAccount, LabClient, type LabLog } from "../wire/lab-client.ts";
import type { Sample, Scenario } from "./figure.ts";
import { type Address, createLogs, inBatches, openClients } from "./rempart-setup.ts";
import type { BenchSettings } from "./settings.ts";
import { type FreshServer, startFreshServer } from "./with-server.ts";

const backMsMax = 60_000;
const retryAfterMs = 100;

/** 5,000 members lose their connections and come back in the same instant, without any jitter. */
export function reconnect(settings: BenchSettings): Scenario {
  const count = settings.isQuick ? 200 : 5_000;
  const layout = settings.layout ?? "split";
  return {
    variants: [
      {
        name: `${count} clients, ${layoutNames[layout]}`,
        notes: [
          "back: TCP, upgrade, hello, authenticate (Ed25519), subscribe to its own log, answered",
          `a refused connection is tried again after ${retryAfterMs} ms`,
        ],
        whyBusyGeneratorIsFine:
          "the generator signs for all clients and was busy: the figure is an upper bound of the server's own time",
        run: async () => {
          requireOpenFiles(2 * count + 1_000);
          const server = await startFreshServer(layout);
          try {
            return await measureReturn(server, count);
          } finally {
            await server.stop();
          }
        },
      },
    ],
  };
}

async function measureReturn(server: FreshServer, count: number): Promise<Sample> {
  const account = await firstAccount(server);
  const logs = await createLogs(server.address, account, count);
  const before = await openClients(server.address, count);
  await inBatches(count, 100, async (i) => before[i]?.authenticate(account));
  for (const client of before) client.close();
  const meter = new CpuMeter(server.child.pid);
  const startedAt = performance.now();
  const durations = new Durations();
  const comeBack = async (log: LabLog): Promise<LabClient> => {
    const client = await openUntilAccepted(server.address, startedAt + backMsMax, account, log);
    durations.add(performance.now() - startedAt);
    return client;
  };
  const after = await Promise.all(logs.map(comeBack));
  const cpu = meter.read();
  for (const client of after) client.close();
  const [p50 = Number.NaN, p99 = Number.NaN, all = Number.NaN] = durations.percentiles(0.5, 0.99, 1);
  return {
    measurements: [
      { metric: "all back", unit: "ms", value: all },
      { metric: "back p99", unit: "ms", value: p99 },
      { metric: "back p50", unit: "ms", value: p50 },
    ],
    ...cpu,
  };
}

async function openUntilAccepted(
  address: Address,
  givesUpAt: number,
  account: LabAccount,
  log: LabLog,
): Promise<LabClient> {
  for (;;) {
    try {
      const client = await LabClient.open(address);
      await client.authenticate(account);
      await client.subscribe(log);
      return client;
    } catch (error) {
      if (performance.now() > givesUpAt) {
        throw new LabError("ERR_BENCH", `a client did not come back in ${backMsMax} ms: ${messageOf(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }
}
