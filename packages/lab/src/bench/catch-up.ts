import { randomBytes } from "node:crypto";
import { pushes } from "@rempart/protocol";
import { within } from "../deadline.ts";
import { LabError } from "../lab-error.ts";
import { CpuMeter, layoutNames } from "../process/cpus.ts";
import { firstAccount } from "../process/server-process.ts";
import { AppendTemplate, entryCount, kindOf } from "../wire/fast-frames.ts";
import { LabClient, type LabLog } from "../wire/lab-client.ts";
import type { Sample, Scenario } from "./figure.ts";
import { type Address, createLogs } from "./rempart-setup.ts";
import type { BenchSettings } from "./settings.ts";
import { type FreshServer, startFreshServer } from "./with-server.ts";

const fillMsMax = 120_000;
const catchUpMsMax = 60_000;
/** Appends, and bytes of them, on their way while logs are filled; below what the server lets one connection have. */
const fillAppendsMax = 200;
const fillBytesMax = 500_000;
const caughtUpKind = pushes.caughtUp.number;

/** One client asks for 100 logs of 1,000 messages each in one subscribe, and reads until it is caught up. */
export async function catchUp(settings: BenchSettings): Promise<Scenario> {
  const logCount = settings.isQuick ? 10 : 100;
  const entriesPerLog = settings.isQuick ? 100 : 1_000;
  const layout = settings.layout ?? "split";
  const server = await startFreshServer(layout);
  try {
    const logs = await createLogs(server.address, await firstAccount(server), logCount);
    settings.onProgress(`catch-up: writing ${logCount} × ${entriesPerLog} entries`);
    await fill(server.address, logs, { entriesPerLog, bodyBytes: settings.bodyBytes });
    return {
      variants: [
        {
          name: `${logCount} logs × ${entriesPerLog} messages, ${layoutNames[layout]}`,
          notes: [`${settings.bodyBytes}-byte entries, one subscribe request, until every log says it is caught up`],
          whyBusyGeneratorIsFine: "the client was busy reading: the figure is an upper bound of the server's own time",
          run: () => measureCatchUp(server, logs, logCount * entriesPerLog),
        },
      ],
      close: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function fill(
  address: Address,
  logs: readonly LabLog[],
  shape: { readonly entriesPerLog: number; readonly bodyBytes: number },
): Promise<void> {
  const client = await LabClient.open(address);
  const templates = logs.map((log) => new AppendTemplate(log, randomBytes(shape.bodyBytes), randomBytes(8)));
  const total = logs.length * shape.entriesPerLog;
  let sent = 0;
  const sendNext = (): void => {
    const template = templates[sent % templates.length];
    if (template === undefined || sent === total) return;
    const frame = Buffer.allocUnsafe(template.frameBytes);
    template.writeTo(frame, 0, { requestId: sent, slot: sent, round: 0 });
    sent += 1;
    client.socket.write(frame);
  };
  const filled = new Promise<void>((resolve, reject) => {
    let acknowledged = 0;
    client.socket.onClose = reject;
    client.takeFrames((bytes, start) => {
      const isReply = kindOf(bytes, start) === "reply";
      if (!isReply) reject(new LabError("ERR_BENCH", "an append was refused while logs were filled"));
      acknowledged += 1;
      if (acknowledged === total) resolve();
      else sendNext();
    });
  });
  const window = Math.min(fillAppendsMax, Math.floor(fillBytesMax / shape.bodyBytes));
  for (let i = 0; i < window; i++) sendNext();
  await within(fillMsMax, "filling the logs", filled);
  client.close();
}

async function measureCatchUp(server: FreshServer, logs: readonly LabLog[], expected: number): Promise<Sample> {
  const client = await LabClient.open(server.address);
  let entries = 0;
  let logsDone = 0;
  const meter = new CpuMeter(server.child.pid);
  const startedAt = performance.now();
  const done = new Promise<void>((resolve, reject) => {
    client.socket.onClose = reject;
    const passOn = client.socket.onFrame;
    client.takeFrames((bytes, start, end) => {
      const kind = kindOf(bytes, start);
      if (kind === "entries") entries += entryCount(bytes, start);
      else if (bytes[start] === caughtUpKind) logsDone += 1;
      else passOn(bytes, start, end);
      if (logsDone === logs.length) resolve();
    });
  });
  const subscriptions = logs.map(({ logId, readKey }) => ({ logId, readKey, fromSeq: 1 }));
  const { results } = await client.request("subscribe", { subscriptions });
  if (results.some(({ status }) => status !== 0)) throw new LabError("ERR_BENCH", "a subscription was refused");
  await within(catchUpMsMax, "catching up", done);
  const durationMs = performance.now() - startedAt;
  const cpu = meter.read();
  client.close();
  if (entries !== expected) throw new LabError("ERR_BENCH", `caught up with ${entries} entries, not ${expected}`);
  return {
    measurements: [
      { metric: "caught up", unit: "ms", value: durationMs },
      { metric: "entries", unit: "1/s", value: (1_000 * entries) / durationMs },
    ],
    ...cpu,
  };
}
