/** What a command is, and what it is given when it runs. */
import type { ClientApi } from "@rempart/client";
import type { Home } from "@rempart/client/platform/node";
import type { Arguments } from "./arguments.ts";
import type { Output } from "./output.ts";

export interface OptionSpec {
  readonly type: "string" | "boolean";
  /** What `--help` shows for the value, for example `DIR`. */
  readonly value?: string;
  readonly help: string;
}

export interface Command {
  /** One or two words. */
  readonly name: string;
  /** What follows the name, for example `CHAT TEXT`. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** Paragraphs for `--help`. */
  readonly details?: readonly string[];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** How many arguments it takes beside its options. */
  readonly positionals: { readonly min: number; readonly max: number };
  /** It ends by itself when `context.stop` is aborted; other commands are left where they are. */
  readonly handlesStop?: boolean;
  run(context: Context): Promise<void>;
}

/** The terminal and the rest of the process, as commands see it. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted when the process is asked to end. */
  readonly stop: AbortSignal;
  now(): number;
  /** Opens the home directory that the command line names. */
  openHome(dir: string): Promise<Home>;
}

export interface Context {
  readonly args: Arguments;
  readonly output: Output;
  readonly world: World;
  readonly stop: AbortSignal;
  /** The home, opened at the first call and closed after the command. */
  home(): Promise<Home>;
  /** The client of the home. Throws `ERR_NO_ACCOUNT` when there is no account yet. */
  client(): Promise<ClientApi>;
}
