import { join, resolve } from "node:path";
import type { TableDescription } from "@rempart/server";
import type { Command, Context } from "../command.ts";
import { dataDirOf, dataOption } from "../data-dir.ts";
import { CliError } from "../failure.ts";

const updateCommand: Command = {
  name: "geo update",
  usage: "[--data DIR] [--from FILE]",
  summary: "Fetch the newest table of countries for a server.",
  details: [
    "The table says where addresses are registered: the server's metrics and its admin page count by it. It is fetched with npm from the package registry, checked against the hash that the registry names, and put into DIR/geo. A running server takes it within a minute.",
    "Its makers say that they will stop publishing through npm: a table of theirs that you fetched yourself is installed with --from.",
  ],
  options: {
    data: dataOption,
    from: { type: "string", value: "FILE", help: "install this table (in MaxMind's DB format) instead" },
  },
  positionals: { min: 0, max: 0 },
  run: runUpdate,
};

const showCommand: Command = {
  name: "geo show",
  usage: "[--data DIR]",
  summary: "Show which table of countries a server was given.",
  options: { data: dataOption },
  positionals: { min: 0, max: 0 },
  run: runShow,
};

export const geoCommands: readonly Command[] = [updateCommand, showCommand];

async function runUpdate({ args, output, world }: Context): Promise<void> {
  const { updateTable } = await import("@rempart/server");
  const from = args.text("from");
  const folder = folderOf(args, world);
  const { description, isSame } = await translated(
    updateTable({ folder, now: world.now(), ...(from === undefined ? {} : { file: resolve(from) }) }),
  );
  const done = isSame ? "This table was in force already." : "Installed. A running server takes it within a minute.";
  output.print({ ...lineOf(description), changed: !isSame }, `${textOf(description)}\n${done}`);
}

async function runShow({ args, output, world }: Context): Promise<void> {
  const { TableFolder } = await import("@rempart/server");
  const stored = await translated(new TableFolder(folderOf(args, world)).read());
  const none = "No table was installed: the server uses the one that came with it.";
  if (stored === undefined) output.print({ source: null }, none);
  else output.print(lineOf(stored.description), textOf(stored.description));
}

function folderOf(args: Context["args"], { env }: Context["world"]): string {
  return join(dataDirOf(args.text("data"), env), "geo");
}

function lineOf({ source, version, licence, sha256, installedAt }: TableDescription): object {
  return { source, version, licence, sha256, installedAt };
}

function textOf({ source, version, licence, sha256 }: TableDescription): string {
  return `${source} ${version}\nLicence: ${licence}\nSHA-256: ${sha256}`;
}

async function translated<T>(work: Promise<T>): Promise<T> {
  const { GeoError } = await import("@rempart/server");
  try {
    return await work;
  } catch (error) {
    if (error instanceof GeoError) throw new CliError(error.code, error.message);
    throw error;
  }
}
