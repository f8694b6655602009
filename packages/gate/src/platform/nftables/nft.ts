/** Runs nft, one child process at a time. */
import { execFile } from "node:child_process";
import { delimiter } from "node:path";
import { nftablesLimits as limits } from "./limits.ts";
import type { Json } from "./ruleset.ts";

export type NftErrorCode = "ERR_NFT_MISSING" | "ERR_NFT_NOT_PERMITTED" | "ERR_NFT_FAILED";

export class NftError extends Error {
  readonly code: NftErrorCode;

  constructor(code: NftErrorCode, message: string) {
    super(message);
    this.name = "NftError";
    this.code = code;
  }
}

/** The program and its first arguments. */
export type NftCommand = readonly [string, ...string[]];

/** Applies these commands in one transaction. */
export async function apply(command: NftCommand, commands: Json): Promise<void> {
  // nft opens /dev/stdin by name, which fails on the socket that Node gives a child: `cat` makes a pipe of it.
  await run(["sh", "-c", 'cat | "$@"', "sh", ...command, "-j", "-f", "-"], JSON.stringify(commands));
}

/** Packets dropped since the table was made, by the name of the counter. */
export async function readCounters(command: NftCommand): Promise<ReadonlyMap<string, number>> {
  const output = await run([...command, "-j", "list", "counters", "table", "inet", "rempart"]);
  return new Map(parseCounters(output));
}

function parseCounters(output: string): [string, number][] {
  const { nftables = [] } = JSON.parse(output) as { nftables?: { counter?: { name?: string; packets?: number } }[] };
  return nftables.flatMap(({ counter }) =>
    typeof counter?.name === "string" && typeof counter.packets === "number" ? [[counter.name, counter.packets]] : [],
  );
}

function run([program, ...args]: NftCommand, input = ""): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { timeout: limits.commandMs, maxBuffer: limits.outputBytes, env: environment() };
  const child = execFile(program, args, options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else reject(asNftError(error, stderr));
  });
  // A child that ends before it has read everything says why by its exit.
  child.stdin?.on("error", () => child.stdin?.destroy());
  child.stdin?.end(input);
  return promise;
}

/** nft is an administrator's program: an ordinary path does not have its folder. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: [process.env.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter), LC_ALL: "C" };
}

/** The shell's exit code for a program that is not there. */
const shellNotFound = 127;

function asNftError(error: Error & { readonly code?: unknown }, stderr: string): NftError {
  if (error.code === "ENOENT" || error.code === shellNotFound) {
    return new NftError("ERR_NFT_MISSING", "nft is not installed: apt-get install nftables");
  }
  if (/not permitted|permission denied/i.test(stderr)) {
    const hint = "it takes root or CAP_NET_ADMIN (systemd: AmbientCapabilities=CAP_NET_ADMIN)";
    return new NftError("ERR_NFT_NOT_PERMITTED", `nft may not change the kernel's tables: ${hint}`);
  }
  return new NftError("ERR_NFT_FAILED", `nft failed: ${firstFault(stderr)}`);
}

/** What nft says went wrong, without what it repeats of its input: there are addresses in that. */
function firstFault(stderr: string): string {
  const [, fault] = /Error: ([A-Za-z ,']{1,100})/.exec(stderr) ?? [];
  return fault?.trim() ?? "it did not say why, or took too long";
}
