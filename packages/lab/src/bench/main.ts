import { statfsSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir, type } from "node:os";
import { countOption, numberOption, readArguments } from "../command-line.ts";
import { LabError } from "../lab-error.ts";
import { isPinningAvailable, type Layout, pinGenerator } from "../process/cpus.ts";
import { catchUp } from "./catch-up.ts";
import { fanOut } from "./fan-out.ts";
import type { Figure, Scenario } from "./figure.ts";
import { idle } from "./idle.ts";
import { measure } from "./measure.ts";
import { mls } from "./mls.ts";
import { oneToOne } from "./one-to-one.ts";
import { reconnect } from "./reconnect.ts";
import { table } from "./report.ts";
import { rivals } from "./rivals.ts";
import type { BenchSettings } from "./settings.ts";

/** Every benchmark by the name that the command line takes, in the order in which they run. */
const benches: Record<string, (settings: BenchSettings) => Scenario | Promise<Scenario>> = {
  "one-to-one": oneToOne,
  "fan-out": fanOut,
  idle,
  reconnect,
  "catch-up": catchUp,
  mls,
  rivals,
};

/** The type that `statfs` gives for a file system in memory (Linux's `TMPFS_MAGIC`). */
const tmpfsType = 0x01021994;

/** `bench [NAME…]`: measures, then prints a table, or with `--json` one object per figure. Returns the exit code. */
export async function runBench(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    seconds: { type: "string" },
    repetitions: { type: "string" },
    bytes: { type: "string" },
    layout: { type: "string" },
  });
  const names = positionals.length === 0 ? Object.keys(benches) : positionals;
  for (const name of names) {
    if (!(name in benches)) {
      throw new LabError("ERR_USAGE", `no bench is called "${name}"; there are ${Object.keys(benches).join(", ")}`);
    }
  }
  const settings: BenchSettings = {
    seconds: numberOption("seconds", values.seconds, { fallback: values.quick ? 1 : 5, min: 0.2, max: 600 }),
    repetitions: countOption("repetitions", values.repetitions, { fallback: values.quick ? 1 : 3, min: 1, max: 100 }),
    isQuick: values.quick,
    bodyBytes: countOption("bytes", values.bytes, { fallback: 400, min: 32, max: 16_384 }),
    layout: layoutOption(values.layout),
    isProfiling: values.profile,
    onProgress: (text) => console.error(text),
  };
  console.error(machineLine());
  pinGenerator();
  const figures: Figure[] = [];
  for (const name of names) {
    const found = await runOne(name, settings);
    if (values.json) for (const figure of found) console.log(JSON.stringify(figure));
    figures.push(...found);
  }
  if (!values.json) console.log(table(figures));
  return 0;
}

async function runOne(name: string, settings: BenchSettings): Promise<Figure[]> {
  const open = benches[name];
  if (open === undefined) return [];
  const figures = await measure(name, await open(settings), settings);
  const warnings = machineWarnings();
  return figures.map((figure) => ({ ...figure, notes: [...figure.notes, ...warnings] }));
}

/** What of this machine makes figures less than they seem; it stays with every figure. */
function machineWarnings(): string[] {
  const isInMemory = statfsSync(tmpdir()).type === tmpfsType;
  return [
    ...(isPinningAvailable() ? [] : ["generator and server were not tied to cores"]),
    ...(isInMemory ? [`${tmpdir()} is kept in memory, so that fsync cost nothing: set TMPDIR to a disk`] : []),
  ];
}

/** What the figures were measured on. */
function machineLine(): string {
  return `Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${type()} ${release()}`;
}

function layoutOption(text: string | undefined): Layout | undefined {
  if (text === undefined || text === "split" || text === "shared") return text;
  throw new LabError("ERR_USAGE", `--layout is split or shared, not "${text}"`);
}
