import { type Layout, layoutNames, serverCores } from "../process/cpus.ts";
import { readCpuProfiles } from "./cpu-profile.ts";
import type { Sample, Scenario, Variant } from "./figure.ts";
import type { PairShape } from "./pair-load.ts";
import { RempartPairs } from "./rempart-pairs.ts";
import { runLoad } from "./run-load.ts";
import type { BenchSettings } from "./settings.ts";
import { startFreshServer } from "./with-server.ts";

/** One message in flight per pair, each waiting for the last; and several, as when people and bots write at once. */
export const windows = [1, 8] as const;

const rempartDurability = "acknowledged after fsync; counted when the recipient has it live and the sender its ack";

export interface PairOptions extends PairShape {
  readonly layout: Layout;
  readonly settings: BenchSettings;
}

/** One-to-one messages end to end, 100 and 500 pairs, the server on one core and on both. */
export function oneToOne(settings: BenchSettings): Scenario {
  const sizes = settings.isQuick ? [20] : [100, 500];
  const layouts: Layout[] = settings.layout === undefined ? ["split", "shared"] : [settings.layout];
  const shapes = sizes.flatMap((pairs) => windows.map((window) => ({ pairs, window, bodyBytes: settings.bodyBytes })));
  return {
    variants: shapes.flatMap((shape) => layouts.map((layout) => rempartPairsVariant({ ...shape, layout, settings }))),
  };
}

/** What a variant of the one-to-one load is called, whatever server it runs against. */
export function pairsName({ pairs, window, layout }: PairOptions): string {
  return `${pairs} pairs, ${window} in flight each, ${layoutNames[layout]}`;
}

/** Rempart under the load of so many pairs. */
export function rempartPairsVariant(options: PairOptions): Variant {
  const notes = [`${options.bodyBytes}-byte entries`, rempartDurability];
  const { layout } = options;
  return { name: pairsName(options), notes, serverCores: serverCores(layout), run: () => runRempartPairs(options) };
}

async function runRempartPairs({ layout, settings, ...shape }: PairOptions): Promise<Sample> {
  const profileArguments = (directory: string) => ["--cpu-prof", `--cpu-prof-dir=${directory}`];
  const server = await startFreshServer(layout, settings.isProfiling ? profileArguments : undefined);
  try {
    const ends = await RempartPairs.open(server, shape);
    const sample = await runLoad(ends.load, server.child.pid, settings);
    ends.close();
    if (settings.isProfiling) {
      await server.child.stop();
      settings.onProgress(await readCpuProfiles(server.directory));
    }
    return sample;
  } finally {
    await server.stop();
  }
}
