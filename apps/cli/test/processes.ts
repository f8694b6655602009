/** Real processes for the end-to-end tests: servers, homes and listeners, all ended with the suite. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Longest that anything here is waited for, in milliseconds. */
const waitMsMax = 30_000;

export type JsonLine = Readonly<Record<string, unknown>>;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: readonly JsonLine[];
  /** The last line of standard output. */
  readonly result: JsonLine;
  /** The code of the failure that was printed. */
  readonly error: string | undefined;
}

/** A directory and the processes that were started in it. */
export class World {
  readonly dir = mkdtempSync(join(tmpdir(), "rempart-cli-"));
  readonly #children = new Set<ChildProcess>();

  home(name: string): Person {
    return new Person(this, join(this.dir, name));
  }

  spawn(args: readonly string[], stdio: StdioOptions = ["pipe", "pipe", "pipe"]): ChildProcess {
    const env = {
      PATH: process.env.PATH,
      XDG_DATA_HOME: join(this.dir, "xdg"),
      XDG_CACHE_HOME: join(this.dir, "cache"),
      TMPDIR: this.dir,
      REMPART_DEBUG: "1",
    };
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
      env,
      stdio,
    });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], input = ""): Promise<Ended> {
    const child = this.spawn(args);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    child.stdin?.end(input);
    const [code] = await within(once(child, "close"), `rempart ${args.join(" ")}`, () => stderr());
    return endedOf(code as number | null, stdout(), stderr());
  }

  /** Starts a server and waits until it is ready; `args` may name a port to come back on. */
  async server(...args: readonly string[]): Promise<ServerProcess> {
    const child = this.spawn(["server", "--json", "--data", join(this.dir, "server"), ...args]);
    const lines = new LineReader(child);
    const ready = await lines.next((line) => line.event === "ready");
    return new ServerProcess(child, ready);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#children].map((child) => stop(child, "SIGKILL")));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export class ServerProcess {
  readonly ready: JsonLine;
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, ready: JsonLine) {
    this.#child = child;
    this.ready = ready;
    this.url = String(ready.url);
  }

  /** What `--listen` takes to come back at the same address. */
  get address(): string {
    return new URL(this.url).host;
  }

  stop(signal: NodeJS.Signals): Promise<number | null> {
    return stop(this.#child, signal);
  }
}

/** One home, and the commands run on it. */
export class Person {
  readonly dir: string;
  readonly #world: World;

  constructor(world: World, dir: string) {
    this.#world = world;
    this.dir = dir;
  }

  /** Runs a command with `--json`, whatever comes of it. */
  attempt(...args: readonly string[]): Promise<Ended> {
    return this.#world.run(["--home", this.dir, "--json", ...args]);
  }

  /** Runs a command that has to succeed. */
  async run(...args: readonly string[]): Promise<Ended> {
    const ended = await this.attempt(...args);
    if (ended.code !== 0) throw new Error(`rempart ${args.join(" ")} failed: ${ended.stderr}`);
    return ended;
  }

  async history(chat: string): Promise<readonly JsonLine[]> {
    const { lines } = await this.run("history", chat, "--limit", "1000");
    return lines.filter(({ event }) => event === "message");
  }

  /** Starts `listen` and waits until it is connected. */
  async listen(): Promise<Listening> {
    const listening = new Listening(this.#world.spawn(["listen", "--home", this.dir, "--json"]));
    await listening.next((line) => line.event === "connection" && line.state === "online");
    return listening;
  }
}

export class Listening {
  readonly #child: ChildProcess;
  readonly #lines: LineReader;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = new LineReader(child);
  }

  /** The first line, of those not yet taken, that fits; the others stay. */
  next(fits: (line: JsonLine) => boolean): Promise<JsonLine> {
    return this.#lines.next(fits);
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    return stop(this.#child, signal);
  }
}

class LineReader {
  readonly #waiting: JsonLine[] = [];
  readonly #stderr: () => string;
  #wanted: { fits(line: JsonLine): boolean; resolve(line: JsonLine): void } | undefined;

  constructor(child: ChildProcess) {
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(JSON.parse(line) as JsonLine);
    });
    this.#stderr = collect(child.stderr);
  }

  next(fits: (line: JsonLine) => boolean): Promise<JsonLine> {
    const at = this.#waiting.findIndex(fits);
    const [found] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (found !== undefined) return Promise.resolve(found);
    const { promise, resolve } = Promise.withResolvers<JsonLine>();
    this.#wanted = { fits, resolve };
    const seen = () => `${JSON.stringify(this.#waiting)} ${this.#stderr()}`;
    return within(promise, `a line that fits ${fits}`, seen);
  }

  #take(line: JsonLine): void {
    const wanted = this.#wanted;
    if (wanted?.fits(line) !== true) {
      this.#waiting.push(line);
      return;
    }
    this.#wanted = undefined;
    wanted.resolve(line);
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  return () => text;
}

function endedOf(code: number | null, stdout: string, stderr: string): Ended {
  const lines = linesOf(stdout);
  const failure = linesOf(stderr).find(({ error }) => typeof error === "string");
  return { code, stdout, stderr, lines, result: lines.at(-1) ?? {}, error: failure?.error as string | undefined };
}

function linesOf(text: string): readonly JsonLine[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as JsonLine);
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, "exit");
  child.kill(signal);
  const [code] = await within(exit, `the end of a process after ${signal}`, () => "");
  return code as number | null;
}

async function within<T>(work: Promise<T>, what: string, seen: () => string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited too long for ${what}; there was: ${seen()}`)), waitMsMax);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
