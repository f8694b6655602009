/** Runs one command line in a given world. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { ClientApi } from "@rempart/client";
import type { Home } from "@rempart/client/platform/node";
import manifest from "../package.json" with { type: "json" };
import { type CommandLine, parseCommandLine } from "./arguments.ts";
import type { Command, Context, World } from "./command.ts";
import { commands as allCommands } from "./commands/index.ts";
import { asFailure, CliError } from "./failure.ts";
import { helpOf, overview } from "./help.ts";
import { Output } from "./output.ts";

/** Answers the exit code: 0, or that of the failure, which has been printed. */
export async function runCli(
  argv: readonly string[],
  world: World,
  commands: readonly Command[] = allCommands,
): Promise<number> {
  // The form of errors must be known before the command line has been understood.
  const output = outputOf(world, argv.includes("--json"));
  try {
    const line = parseCommandLine(argv, commands);
    if (line.command === undefined) answerWithoutCommand(line, output, commands);
    else if (line.args.flag("help")) output.print({ help: helpOf(line.command) }, helpOf(line.command));
    else await runCommand(line.command, line, output, world);
    return 0;
  } catch (error) {
    const failure = asFailure(error);
    output.fail(failure);
    if (world.env.REMPART_DEBUG !== undefined) world.stderr.write(`${describe(error)}\n`);
    return failure.exitCode;
  }
}

function outputOf({ stdout, stderr, env }: World, isJson: boolean): Output {
  return new Output({ stdout, stderr, isJson, noColor: (env.NO_COLOR ?? "") !== "" });
}

function answerWithoutCommand({ args, unknown }: CommandLine, output: Output, commands: readonly Command[]): void {
  if (args.flag("version")) output.print({ version: manifest.version }, manifest.version);
  else if (unknown === undefined || unknown.split(" ")[0] === "help") {
    const wanted = commands.find(({ name }) => name === args.positionals.slice(1).join(" "));
    const help = wanted === undefined ? overview(commands) : helpOf(wanted);
    output.print({ help }, help);
  } else {
    const close = commands.filter(({ name }) => name.split(" ")[0] === unknown.split(" ")[0]).map(({ name }) => name);
    const hint = close.length === 0 ? "" : `; there are: ${close.join(", ")}`;
    throw new CliError("ERR_USAGE", `there is no command "${unknown}"${hint}`);
  }
}

async function runCommand(command: Command, { args }: CommandLine, output: Output, world: World): Promise<void> {
  let opening: Promise<Home> | undefined;
  const home = () => {
    opening ??= world.openHome(args.text("home") ?? defaultHome(world.env));
    return opening;
  };
  const client = async (): Promise<ClientApi> => {
    const { client: api } = await home();
    if ((await api.account()) === null) throw new CliError("ERR_NO_ACCOUNT", "there is no account on this device yet");
    return api;
  };
  const context: Context = { args, output, world, stop: world.stop, home, client };
  try {
    await (command.handlesStop === true ? command.run(context) : orStopped(command.run(context), world.stop));
  } finally {
    await closeHome(opening);
  }
}

/** A command that failed to open its home has nothing to close, and has said so. */
async function closeHome(opening: Promise<Home> | undefined): Promise<void> {
  const [opened] = await Promise.allSettled([opening]);
  if (opened?.status === "fulfilled") await opened.value?.close();
}

function orStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  // A command that knows what its interruption means says so first.
  const stopped = () => setImmediate(reject, new CliError("ERR_INTERRUPTED", "interrupted"));
  if (stop.aborted) stopped();
  stop.addEventListener("abort", stopped, { once: true });
  return Promise.race([work, promise]).finally(() => stop.removeEventListener("abort", stopped));
}

function defaultHome(env: World["env"]): string {
  return join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "rempart");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
