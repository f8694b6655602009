import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";
import { Child } from "../process/child.ts";
import { type Layout, layoutNames, pinnedCommand, serverCores } from "../process/cpus.ts";
import { firstAccount } from "../process/server-process.ts";
import { AppendTemplate, eachEntry, kindOf } from "../wire/fast-frames.ts";
import { maskedFrame, maskWord } from "../wire/websocket-frame.ts";
import { WireSocket } from "../wire/wire-socket.ts";
import { FanOutLoad, type FanOutShape } from "./fan-out-load.ts";
import type { Ratio, Sample, Scenario, Variant } from "./figure.ts";
import { createLogs, inBatches, openClients } from "./rempart-setup.ts";
import { runLoad } from "./run-load.ts";
import type { BenchSettings } from "./settings.ts";
import { startFreshServer } from "./with-server.ts";

const plainChildFile = fileURLToPath(new URL("./plain-broadcast-child.ts", import.meta.url));
const connectionsAtOnce = 100;

/** One message at a time, where nothing can be sent together; and many, where it can. */
const windows = [1, 32] as const;

interface FanOutOptions extends FanOutShape {
  readonly layout: Layout;
  readonly settings: BenchSettings;
}

/** One log with 100 and 1,000 subscribers, and a plain `ws` broadcast on the same Node beside it. */
export function fanOut(settings: BenchSettings): Scenario {
  const sizes = settings.isQuick ? [50] : [100, 1_000];
  const layout = settings.layout ?? "split";
  const all = sizes.flatMap((members) => windows.map((window) => ({ members, window, layout, settings })));
  return {
    variants: all.flatMap((options) => [rempart(options), plain(options)]),
    ratios: all.map(
      (options): Ratio => ({
        name: `${options.members} members, ${options.window} at once`,
        metric: "deliveries, Rempart to plain ws",
        over: [rempart(options).name, "deliveries"],
        under: [plain(options).name, "deliveries"],
      }),
    ),
  };
}

function rempart(options: FanOutOptions): Variant {
  const { members, window, layout } = options;
  return {
    name: `${members} members, ${window} at once, ${layoutNames[layout]}`,
    notes: [`${options.settings.bodyBytes}-byte entries, each durable before it is delivered`],
    serverCores: serverCores(layout),
    run: () => runRempart(options),
  };
}

function plain(options: FanOutOptions): Variant {
  const { members, window, layout } = options;
  return {
    name: `plain ws, ${members} members, ${window} at once, ${layoutNames[layout]}`,
    notes: [`${options.settings.bodyBytes}-byte messages, nothing is stored or acknowledged`],
    serverCores: 1,
    run: () => runPlain(options),
  };
}

async function runRempart({ layout, settings, ...shape }: FanOutOptions): Promise<Sample> {
  const server = await startFreshServer(layout);
  try {
    const account = await firstAccount(server);
    const [log] = await createLogs(server.address, account, 1);
    const [writer] = await openClients(server.address, 1);
    if (log === undefined || writer === undefined) throw new LabError("ERR_BENCH", "setup made nothing");
    const template = new AppendTemplate(log, randomBytes(settings.bodyBytes), randomBytes(8));
    const load = new FanOutLoad(shape, (slot, round) => {
      const frame = Buffer.allocUnsafe(template.frameBytes);
      template.writeTo(frame, 0, { requestId: slot, slot, round });
      writer.socket.write(frame);
    });
    writer.takeFrames((bytes, start) => {
      if (kindOf(bytes, start) === "error") load.fail(new LabError("ERR_BENCH", "an append was refused"));
    });
    for (const member of await openClients(server.address, shape.members)) {
      await member.subscribe(log);
      let lastSeq = 0;
      member.takeFrames((bytes, start) => {
        if (kindOf(bytes, start) !== "entries") return;
        eachEntry(bytes, start, (slot, round, seq) => {
          if (seq !== lastSeq + 1) load.fail(new LabError("ERR_BENCH", `entry ${seq} came after ${lastSeq}`));
          lastSeq = seq;
          load.delivered(slot, round);
        });
      });
      member.socket.onClose = (error) => load.fail(error);
    }
    return await runLoad(load, server.child.pid, settings);
  } finally {
    await server.stop();
  }
}

async function runPlain({ layout, settings, ...shape }: FanOutOptions): Promise<Sample> {
  const node = [process.execPath, plainChildFile];
  const child = await Child.start(pinnedCommand(layout, node));
  try {
    const port = await child.ready((line) => (JSON.parse(line) as { port: number }).port);
    const target = { host: "127.0.0.1", port };
    const writer = await WireSocket.open({ ...target, path: "/writer" });
    const { bytes: template, payloadAt } = maskedFrame(randomBytes(settings.bodyBytes));
    const load = new FanOutLoad(shape, (slot, round) => {
      const frame = Buffer.from(template);
      frame.writeInt32BE((slot ^ maskWord) | 0, payloadAt);
      frame.writeInt32BE((round ^ maskWord) | 0, payloadAt + 4);
      writer.write(frame);
    });
    const sockets = await inBatches(shape.members, connectionsAtOnce, () =>
      WireSocket.open({ ...target, path: "/member" }),
    );
    for (const socket of sockets) {
      socket.onFrame = (bytes, start) => load.delivered(bytes.readUInt32BE(start), bytes.readUInt32BE(start + 4));
      socket.onClose = (error) => load.fail(error);
    }
    return await runLoad(load, child.pid, settings);
  } finally {
    await child.stop();
  }
}
