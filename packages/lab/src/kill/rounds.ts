import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createLogs, openClients } from "../bench/rempart-setup.ts";
import { LabError, messageOf } from "../lab-error.ts";
import { firstAccount, type ServerProcess, spawnServer, startServerProcess } from "../process/server-process.ts";
import {
  keepTemporaryDirectory,
  makeTemporaryDirectory,
  removeTemporaryDirectory,
} from "../process/temporary-directory.ts";
import { Random } from "../random.ts";
import { LabClient } from "../wire/lab-client.ts";
import { databaseViolations } from "./database.ts";
import { Ledger } from "./ledger.ts";
import { append, compare, type LoadedLog, Writer, watch } from "./load.ts";

const writers = 4;
const logsUnderLoad = 4;
/** Milliseconds of load before the kill. */
const loadMs = { min: 5, max: 400 };
/** One round in so many kills the server again while it starts, after at most {@link startUpMsMax}. */
const startUpKillOneIn = 4;
const startUpMsMax = 300;
/** Rounds on the same data; then the whole of it is compared once more, and a new directory begins. */
const roundsPerDirectory = 25;

/** What one kill brought. */
export interface KillRound {
  readonly round: number;
  readonly loadMs: number;
  readonly startUpKills: number;
  /** Entries acknowledged in this round. */
  readonly acknowledged: number;
  /** Appends without an answer when the server died; each is sent again with the same entry id. */
  readonly inDoubt: number;
  readonly violations: readonly string[];
}

export interface KillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly violations: readonly string[];
  /** Where the data is, when something is wrong with it; it is removed otherwise. */
  readonly dataDir?: string;
}

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly onRound: (round: KillRound) => void;
  /** Called with the data directory between a death and the next start: a test does its damage there. */
  readonly onKilled?: (dataDir: string) => Promise<void>;
}

/**
 * Loads a real server, kills it with SIGKILL at an instant drawn from the seed, starts it on the same data,
 * and compares every log with what was promised (rules in `ledger.ts`); again and again, until all rounds are
 * done or one has found something.
 * SIGKILL tests the program, not the disk: what the kernel holds survives it, as it does not survive a power cut.
 */
export async function runKillRounds(options: KillOptions): Promise<KillReport> {
  const random = new Random(options.seed);
  const report = { rounds: 0, acknowledged: 0, violations: [] as string[] };
  while (report.rounds < options.rounds) {
    const directory = await KillDirectory.open(random, options.onKilled);
    try {
      const last = Math.min(options.rounds, report.rounds + roundsPerDirectory);
      while (report.rounds < last) {
        const round = await directory.round(++report.rounds);
        report.acknowledged += round.acknowledged;
        report.violations.push(...round.violations);
        options.onRound(round);
        if (round.violations.length > 0) return { ...report, dataDir: await directory.keep() };
      }
      report.violations.push(...(await directory.compareAll()));
      if (report.violations.length > 0) return { ...report, dataDir: await directory.keep() };
      await directory.remove();
    } catch (error) {
      const dataDir = await directory.keep();
      throw new LabError("ERR_BENCH", `round ${report.rounds}: ${messageOf(error)} (data: ${dataDir})`, {
        cause: error,
      });
    }
  }
  return report;
}

type OnKilled = (dataDir: string) => Promise<void>;

/** One data directory through its rounds. */
class KillDirectory {
  readonly #directory: string;
  readonly #random: Random;
  readonly #onKilled: OnKilled;
  #server: ServerProcess;
  readonly #logs: LoadedLog[] = [];
  #writerNumber = 0;
  readonly #reported = new Set<string>();

  private constructor(directory: string, server: ServerProcess, options: { random: Random; onKilled: OnKilled }) {
    this.#directory = directory;
    this.#server = server;
    this.#random = options.random;
    this.#onKilled = options.onKilled;
  }

  static async open(random: Random, onKilled: OnKilled = async () => undefined): Promise<KillDirectory> {
    const directory = await makeTemporaryDirectory();
    const dataDir = join(directory, "data");
    await mkdir(dataDir);
    const made = new KillDirectory(directory, await startServerProcess(serverOptions(dataDir)), { random, onKilled });
    const account = await firstAccount(made.#server);
    for (const log of await createLogs(made.#server.address, account, logsUnderLoad)) {
      made.#logs.push({ log, ledger: new Ledger() });
    }
    return made;
  }

  async round(round: number): Promise<KillRound> {
    const before = this.#acknowledged();
    const killedAfter = this.#random.between(loadMs.min, loadMs.max);
    await this.#loadAndKill(killedAfter);
    const startUpKills = await this.#killWhileStarting();
    await this.#onKilled(this.#dataDir);
    this.#server = await startServerProcess(serverOptions(this.#dataDir));
    const { inDoubt, violations } = await this.#compareAndRetry();
    return {
      round,
      loadMs: killedAfter,
      startUpKills,
      acknowledged: this.#acknowledged() - before,
      inDoubt,
      violations,
    };
  }

  /** Compares, sends again what was in doubt, compares again, and has the database checked. */
  async #compareAndRetry(): Promise<{ inDoubt: number; violations: string[] }> {
    const client = await LabClient.open(this.#server.address);
    await compare(client, this.#logs);
    const early = this.#newViolations();
    const inDoubt = early.length > 0 ? 0 : await this.#retry(client);
    await compare(client, this.#logs);
    client.close();
    const database = await databaseViolations(this.#dataDir);
    return { inDoubt, violations: [...early, ...this.#newViolations(), ...database] };
  }

  /** Compares every log from its first entry: later rounds must not have touched earlier ones. */
  async compareAll(): Promise<string[]> {
    for (const { ledger } of this.#logs) ledger.restart();
    const client = await LabClient.open(this.#server.address);
    await compare(client, this.#logs);
    client.close();
    return this.#newViolations();
  }

  /** Ends the server and removes its data. */
  async remove(): Promise<void> {
    await this.#server.child.stop();
    await removeTemporaryDirectory(this.#directory);
  }

  /** Ends the server and leaves its data, for somebody to look into. Returns where. */
  async keep(): Promise<string> {
    await this.#server.child.stop();
    keepTemporaryDirectory(this.#directory);
    return this.#dataDir;
  }

  get #dataDir(): string {
    return join(this.#directory, "data");
  }

  async #loadAndKill(killAfterMs: number): Promise<void> {
    const { address, child } = this.#server;
    await watch(address, this.#logs);
    const clients = await openClients(address, writers);
    const loads = clients.map((client) => {
      const random = new Random(this.#random.uint32());
      const number = this.#writerNumber++;
      return new Writer(client, { logs: this.#logs, random, number }).writeUntilCut();
    });
    const loaded = Promise.all(loads);
    // A refused append ends the round at once; a load that ends by the kill is what is expected.
    await Promise.race([new Promise((resolve) => setTimeout(resolve, killAfterMs)), loaded]);
    await child.kill();
    await loaded;
  }

  async #killWhileStarting(): Promise<number> {
    if (this.#random.between(1, startUpKillOneIn) !== 1) return 0;
    const child = await spawnServer(serverOptions(this.#dataDir));
    const afterMs = this.#random.between(0, startUpMsMax);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await child.kill();
    return 1;
  }

  /** Sends everything in doubt again, in the order in which it was sent first. Returns how much that was. */
  async #retry(client: LabClient): Promise<number> {
    const inDoubt = this.#logs.flatMap((target) => target.ledger.unacknowledged.map((sent) => ({ target, sent })));
    await Promise.all(inDoubt.map(({ target, sent }) => append(client, target, sent)));
    return inDoubt.length;
  }

  #acknowledged(): number {
    return this.#logs.reduce((sum, { ledger }) => sum + ledger.acknowledgedCount, 0);
  }

  #newViolations(): string[] {
    const all = this.#logs.flatMap(({ ledger }, i) => ledger.violations.map((text) => `${text} (log ${i})`));
    const fresh = all.filter((violation) => !this.#reported.has(violation));
    for (const violation of fresh) this.#reported.add(violation);
    return fresh;
  }
}

function serverOptions(dataDir: string) {
  return { dataDir, layout: "shared" } as const;
}
