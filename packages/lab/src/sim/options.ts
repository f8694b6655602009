/** The simulator's command line. */
import { type ActionName, actions } from "./actions.ts";
import { type CanaryName, canaryNames, isCanaryName } from "./canaries.ts";
import { type FaultName, faults } from "./faults.ts";
import { type GateCanaryName, gateCanaryNames, isGateCanaryName } from "./gate/canaries.ts";

export interface SimOptions {
  readonly seed: number;
  readonly ops: number;
  /** How many seeds to run, from `seed` on. */
  readonly seeds: number;
  /** How many of them at once. */
  readonly jobs: number;
  readonly canary: CanaryName | undefined;
  readonly gateCanary: GateCanaryName | undefined;
  readonly faults: readonly FaultName[] | undefined;
  /** Actions that nobody takes. */
  readonly without: readonly ActionName[] | undefined;
  readonly verbose: boolean;
  readonly stats: boolean;
  /** The simulation of logs alone, without whole clients. */
  readonly logs: boolean;
  /** The simulation of the gate under attack. */
  readonly gate: boolean;
}

export const simUsage = `usage: npm run sim -- [--seed=N] [--ops=N] [--seeds=COUNT] [--jobs=N] [--canary=NAME] [--faults=NAME,…] [--without=ACTION,…] [--logs | --gate] [--stats] [--verbose]
  canaries: ${canaryNames.join(", ")}; with --gate ${gateCanaryNames.join(", ")}
  faults: ${Object.keys(faults).join(", ")}, none
  actions: ${Object.keys(actions).join(", ")}`;

const opsDefault = 500;
const opsMax = 1_000_000;
const jobsMax = 64;

/** Throws a `RangeError` that says what is wrong. */
export function parseSimOptions(args: readonly string[]): SimOptions {
  const values = new Map<string, string>();
  for (const arg of args) {
    const match = /^--([a-z]+)(?:=(.*))?$/.exec(arg);
    if (match?.[1] === undefined || !known.has(match[1])) throw new RangeError(`unknown argument ${arg}`);
    values.set(match[1], match[2] ?? "");
  }
  const integer = (name: string, absent: number, max: number): number => {
    const text = values.get(name);
    if (text === undefined) return absent;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > max) throw new RangeError(`--${name} is an integer up to ${max}, not "${text}"`);
    return value;
  };
  return {
    seed: integer("seed", 1, Number.MAX_SAFE_INTEGER),
    ops: integer("ops", opsDefault, opsMax),
    seeds: integer("seeds", 1, opsMax),
    jobs: Math.max(1, integer("jobs", 1, jobsMax)),
    canary: values.has("gate") ? undefined : canaryOf(values.get("canary"), isCanaryName),
    gateCanary: values.has("gate") ? canaryOf(values.get("canary"), isGateCanaryName) : undefined,
    faults: namesOf("fault", values.get("faults"), faults),
    without: namesOf("action", values.get("without"), actions),
    verbose: values.has("verbose"),
    stats: values.has("stats"),
    logs: values.has("logs"),
    gate: values.has("gate"),
  };
}

const known = new Set([
  "seed",
  "ops",
  "seeds",
  "jobs",
  "canary",
  "faults",
  "without",
  "verbose",
  "stats",
  "logs",
  "gate",
]);

function canaryOf<Name extends string>(
  text: string | undefined,
  isName: (text: string) => text is Name,
): Name | undefined {
  if (text === undefined) return undefined;
  if (!isName(text)) throw new RangeError(`there is no canary "${text}"`);
  return text;
}

function namesOf<Name extends string>(
  what: string,
  text: string | undefined,
  known: Readonly<Record<Name, unknown>>,
): readonly Name[] | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return [];
  return text.split(",").map((name) => {
    if (!Object.hasOwn(known, name)) throw new RangeError(`there is no ${what} "${name}"`);
    return name as Name;
  });
}
