import { commonOptions } from "./arguments.ts";
import type { Command, OptionSpec } from "./command.ts";
import { alignColumns } from "./output.ts";

/** The help of the whole program: every command on a line. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [`  rempart ${name}`, summary]);
  return [
    "Rempart: a private messenger.",
    "",
    ...alignColumns(rows),
    "",
    "Each takes --help, which shows its arguments, and --home DIR and --json.",
  ].join("\n");
}

/** The help of one command. */
export function helpOf({ name, usage, summary, details = [], options = {} }: Command): string {
  const rows = Object.entries({ ...options, ...commonOptions }).map(([option, spec]) => [
    `  --${option}${valueHelp(spec)}`,
    spec.help,
  ]);
  const paragraphs = details.flatMap((paragraph) => ["", paragraph]);
  return [`rempart ${name} ${usage}`.trimEnd(), "", summary, ...paragraphs, "", ...alignColumns(rows)].join("\n");
}

function valueHelp({ value }: OptionSpec): string {
  return value === undefined ? "" : ` ${value}`;
}
