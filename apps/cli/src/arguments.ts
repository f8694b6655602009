/** Reads a command line with `node:util`'s `parseArgs`. */
import { parseArgs } from "node:util";
import type { Command, OptionSpec } from "./command.ts";
import { CliError } from "./failure.ts";
import { parseDuration } from "./text/time.ts";

/** Options that every command has. */
export const commonOptions = {
  home: { type: "string", value: "DIR", help: "where this device's account and messages are kept" },
  json: { type: "boolean", help: "print one JSON object per line" },
  help: { type: "boolean", help: "show this help" },
} as const satisfies Record<string, OptionSpec>;

const shortOptions: Readonly<Record<string, string>> = { help: "h" };

export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(positionals: readonly string[], values: Readonly<Record<string, string | boolean | undefined>>) {
    this.positionals = positionals;
    this.#values = values;
  }

  /** The argument at this position, which the command's `positionals.min` makes certain. */
  at(position: number): string {
    const value = this.positionals[position];
    if (value === undefined) throw new CliError("ERR_USAGE", "an argument is missing");
    return value;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /** An option that the command cannot do without. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new CliError("ERR_USAGE", `--${name} is missing`);
    return value;
  }

  /** A whole number from `min` to `max`. */
  integer(name: string, { min, max, otherwise }: { min: number; max: number; otherwise: number }): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new CliError("ERR_USAGE", `--${name} takes a whole number from ${min} to ${max}, not "${text}"`);
    }
    return value;
  }

  /** A duration in milliseconds. */
  duration(name: string, otherwise: number): number {
    const text = this.text(name);
    return text === undefined ? otherwise : parseDuration(text);
  }
}

export interface CommandLine {
  readonly command: Command | undefined;
  readonly args: Arguments;
  /** Words that name no command, for the error message. */
  readonly unknown?: string;
}

/** Finds the command that a command line names, and reads the rest. Throws `ERR_USAGE`. */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): CommandLine {
  const { command, rest } = findCommand(argv, commands);
  if (command === undefined) return parseWithoutCommand(argv);
  const specs = { ...commonOptions, ...command.options };
  const { values, positionals } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, parseOption(name, spec)])),
    allowPositionals: true,
    strict: true,
  });
  const args = new Arguments(positionals, values as Record<string, string | boolean | undefined>);
  if (!args.flag("help")) checkCount(command, positionals.length);
  return { command, args };
}

function parseOption(name: string, { type }: OptionSpec) {
  const short = shortOptions[name];
  return short === undefined ? { type } : { type, short };
}

/** Options may stand before the command's name: `rempart --home DIR chat list`. */
function findCommand(argv: readonly string[], commands: readonly Command[]) {
  const at = firstWord(argv);
  const [first, second] = [argv[at], argv[at + 1]];
  const pair = commands.find(({ name }) => name === `${first} ${second}`);
  const command = pair ?? commands.find(({ name }) => name === first);
  return { command, rest: argv.toSpliced(at, pair === undefined ? 1 : 2) };
}

function firstWord(argv: readonly string[]): number {
  let at = 0;
  while (argv[at]?.startsWith("-") === true) at += argv[at] === "--home" ? 2 : 1;
  return at;
}

function parseWithoutCommand(argv: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      help: { type: "boolean", short: "h" },
      version: { type: "boolean" },
      json: { type: "boolean" },
      home: { type: "string" },
    },
    allowPositionals: true,
    strict: false,
  });
  const args = new Arguments(positionals, values as Record<string, string | boolean | undefined>);
  return {
    command: undefined,
    args,
    ...(positionals.length > 0 ? { unknown: positionals.slice(0, 2).join(" ") } : {}),
  };
}

function checkCount({ name, usage, positionals: { min, max } }: Command, count: number): void {
  if (count >= min && count <= max) return;
  const problem = count < min ? "an argument is missing" : "there are too many arguments";
  throw new CliError("ERR_USAGE", `${problem}: rempart ${name} ${usage}`.trimEnd());
}
