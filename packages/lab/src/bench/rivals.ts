import type { Child } from "../process/child.ts";
import { type Layout, serverCores } from "../process/cpus.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../process/temporary-directory.ts";
import { ejabberdNote, startEjabberd } from "../rivals/ejabberd.ts";
import { MqttPairs, mosquittoNote, startMosquitto } from "../rivals/mosquitto.ts";
import { XmppPairs } from "../rivals/xmpp-pairs.ts";
import type { Ratio, Sample, Scenario, Variant } from "./figure.ts";
import { type PairOptions, pairsName, rempartPairsVariant, windows } from "./one-to-one.ts";
import type { PairLoad, PairShape } from "./pair-load.ts";
import { runLoad } from "./run-load.ts";
import type { BenchSettings } from "./settings.ts";

interface Rival {
  readonly name: string;
  readonly note: string;
  start(directory: string, layout: Layout): Promise<{ readonly child: Child; readonly port: number }>;
  connect(port: number, shape: PairShape): Promise<{ readonly load: PairLoad; close(): void }>;
}

const all: readonly Rival[] = [
  {
    name: "mosquitto",
    note: mosquittoNote,
    start: startMosquitto,
    connect: (port, shape) => MqttPairs.open(port, shape),
  },
  {
    name: "ejabberd",
    note: ejabberdNote,
    start: startEjabberd,
    connect: (port, shape) => XmppPairs.open(port, shape),
  },
];

/** The one-to-one load on Debian's mosquitto and ejabberd, and on Rempart in the same run. */
export function rivals(settings: BenchSettings): Scenario {
  const { bodyBytes, layout = "split" } = settings;
  const pairs = settings.isQuick ? 20 : 500;
  const groups = windows.map((window) => compared({ pairs, window, bodyBytes, layout, settings }));
  return {
    variants: groups.flatMap(({ variants }) => variants),
    ratios: groups.flatMap(({ ratios }) => ratios ?? []),
  };
}

function compared(options: PairOptions): Scenario {
  const plain = rempartPairsVariant(options);
  const rempart = { ...plain, name: `Rempart, ${plain.name}` };
  const others = all.map((rival) => ({ rival, variant: rivalVariant(rival, options) }));
  const ratios = others.map(
    ({ rival, variant }): Ratio => ({
      name: `${options.pairs} pairs, ${options.window} in flight each`,
      metric: `messages, Rempart to ${rival.name}`,
      over: [rempart.name, "messages"],
      under: [variant.name, "messages"],
    }),
  );
  return { variants: [rempart, ...others.map(({ variant }) => variant)], ratios };
}

function rivalVariant(rival: Rival, options: PairOptions): Variant {
  const { layout, settings } = options;
  return {
    name: `${rival.name}, ${pairsName(options)}`,
    notes: [rival.note, `${options.bodyBytes}-byte bodies`],
    serverCores: serverCores(layout),
    run: async (): Promise<Sample> => {
      const directory = await makeTemporaryDirectory();
      try {
        const { child, port } = await rival.start(directory, layout);
        try {
          const ends = await rival.connect(port, options);
          const sample = await runLoad(ends.load, child.pid, settings);
          ends.close();
          return sample;
        } finally {
          await child.stop();
        }
      } finally {
        await removeTemporaryDirectory(directory);
      }
    },
  };
}
