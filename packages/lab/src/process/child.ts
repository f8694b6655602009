import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { within } from "../deadline.ts";
import { LabError } from "../lab-error.ts";

const startMsMax = 60_000;
const stopMsMax = 10_000;
const errorCharsMax = 4_000;

/** Children still running, so that none outlives the lab however it ends. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(1));
}

/** A process that the lab started and will end. */
export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #errors = "";
  #onLine: (line: string) => void = () => undefined;

  private constructor(child: ChildProcess, pid: number) {
    this.#process = child;
    this.pid = pid;
    running.add(child);
    this.#ended = new Promise((resolve) => {
      child.once("exit", () => {
        running.delete(child);
        resolve();
      });
    });
    // Always read, whether somebody listens or not: a full pipe would stop the child.
    if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (line) => this.#onLine(line));
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-errorCharsMax);
    });
  }

  /** Starts a command; `env` is added to this process's own environment. Throws `ERR_CHILD`. */
  static async start(command: readonly string[], env: Record<string, string> = {}): Promise<Child> {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(new LabError("ERR_CHILD", `cannot start ${program}: ${error.message}`)));
    });
    if (child.pid === undefined) throw new LabError("ERR_CHILD", `${program} has no process id`);
    return new Child(child, child.pid);
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** What it last wrote to standard error. */
  get errors(): string {
    return this.#errors.trim();
  }

  /**
   * Resolves with the first line of standard output that `accept` makes something of. To be called as soon as
   * the child has been started. Throws `ERR_CHILD` when it ends first.
   */
  async ready<T>(accept: (line: string) => T | undefined): Promise<T> {
    const found = new Promise<T>((resolve, reject) => {
      this.#onLine = (line) => {
        try {
          const value = accept(line);
          if (value !== undefined) resolve(value);
        } catch (error) {
          reject(new LabError("ERR_CHILD", `a child said something unexpected: ${line}`, { cause: error }));
        }
      };
      void this.#ended.then(() =>
        reject(new LabError("ERR_CHILD", `a child ended before it was ready: ${this.errors}`)),
      );
    });
    try {
      return await within(startMsMax, "starting a child", found);
    } finally {
      this.#onLine = () => undefined;
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Ends it without a chance to say goodbye, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await within(stopMsMax, "killing a child", this.#ended);
  }

  /** Asks it to end and waits; after ten seconds it is killed. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), stopMsMax);
    await this.#ended;
    clearTimeout(timer);
  }
}
