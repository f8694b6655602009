/**
 * One device of a person: a disk, the weather over its links, and the engine that runs on it just now.
 * Engines come and go (crash, restart, another tab taking over); the disk stays, and what each engine
 * showed is watched across all of them.
 */
import { type Client, type Clock, createClient } from "@rempart/client";
import { deterministicProvider } from "@rempart/session/provider/deterministic";
import { nodeProvider } from "@rempart/session/provider/node";
import { forgetfulStore } from "./canaries.ts";
import { DeviceEye } from "./device-eye.ts";
import { Disk, type DiskStore } from "./disk.ts";
import { engineEntropy } from "./entropy.ts";
import { fairWeather, type SimLink, type Weather } from "./network.ts";
import { watchProvider } from "./secrets.ts";
import type { Stage } from "./stage.ts";
import { describeError } from "./violation.ts";

const diagnosticQueries = [
  ["log", "SELECT substr(log, 1, 8) AS log, kind, state, next_seq, epoch FROM logs ORDER BY log"],
  [
    "outbox",
    `SELECT substr(log, 1, 8) AS log, kind, count(*) AS rows, sum(seq IS NULL) AS unsent, min(epoch) AS epoch,
     group_concat(DISTINCT error) AS errors FROM outbox GROUP BY log, kind ORDER BY log`,
  ],
  ["intention", "SELECT substr(log, 1, 8) AS log, substr(payload, 1, 120) AS payload FROM intentions ORDER BY id"],
  ["commit", "SELECT substr(log, 1, 8) AS log, epoch FROM commits ORDER BY log"],
  ["delivery", "SELECT substr(log, 1, 8) AS log, substr(chat, 1, 8) AS chat FROM deliveries ORDER BY id"],
  [
    "rejoin",
    "SELECT substr(log, 1, 8) AS log, started_at, asked_at, missing_from, substr(helper, 1, 8) AS helper FROM rejoins",
  ],
  ["gap", "SELECT substr(log, 1, 8) AS log, from_seq, to_seq, tries, is_open FROM gaps ORDER BY log, from_seq"],
  ["notice", "SELECT substr(log, 1, 8) AS log, seq, detail FROM messages WHERE kind = 'notice' ORDER BY log, seq"],
] as const;
const defectsShownMax = 5;

/** One life of an engine. What it does after its death changes nothing. */
interface Life {
  isAlive: boolean;
  readonly store: DiskStore;
  client: Client | undefined;
}

export class Device {
  readonly name: string;
  readonly weather: Weather = { ...fairWeather };
  readonly eye: DeviceEye;
  readonly #stage: Stage;
  readonly #disk = new Disk();
  #life: Life | undefined;
  #lives = 0;
  #backup: Uint8Array | undefined;
  /** How far the device's clock is off. */
  clockOffsetMs = 0;

  constructor(stage: Stage, name: string) {
    this.#stage = stage;
    this.name = name;
    this.eye = new DeviceEye({ name, facts: stage.facts, violations: stage.violations });
  }

  /** The engine, when one runs and has started. */
  get client(): Client | undefined {
    return this.#life?.isAlive ? this.#life.client : undefined;
  }

  get isRunning(): boolean {
    return this.#life?.isAlive === true;
  }

  /** How many engines have run here: says which one an answer belongs to. */
  get lives(): number {
    return this.#lives;
  }

  get hasBackup(): boolean {
    return this.#backup !== undefined;
  }

  /** Starts an engine; one that still runs is killed first, as when another tab takes over. */
  async start(): Promise<void> {
    this.kill("replaced");
    const life: Life = {
      isAlive: true,
      client: undefined,
      store: this.#disk.open(() => this.kill("killed by its disk")),
    };
    this.#life = life;
    this.#lives++;
    this.#stage.trace.note(`start ${this.name}`, this.#lives);
    try {
      const client = await this.#createClient(life);
      if (!life.isAlive) return;
      life.client = client;
      client.subscribe((event) => {
        if (life.isAlive) this.eye.see(event);
      });
    } catch (error) {
      if (!life.isAlive || !life.store.isOpen) return;
      this.#stage.violations.report("I0", `${this.name} did not start: ${describeError(error)}`, error);
    }
  }

  /** Ends the engine between two instructions, as `kill -9` would. */
  kill(why: string): void {
    const life = this.#life;
    if (life === undefined || !life.isAlive) return;
    this.#stage.trace.note(`kill ${this.name}`, why);
    life.isAlive = false;
    life.store.kill();
    this.#stage.network.abandon((link) => this.owns(link));
  }

  /** Kills the engine at one of its next uses of the disk, maybe in the middle of a transaction. */
  killSoon(calls: number): void {
    this.#life?.store.killAfter(calls);
  }

  failNextCommit(fault: "failAndNotPersist" | "failButPersist"): void {
    this.#life?.store.failNextCommit(fault);
  }

  /** Whether the engine has lost its database and has to be started again. */
  get isBroken(): boolean {
    return this.#life?.isAlive === true && !this.#life.store.isOpen;
  }

  takeBackup(): void {
    this.#backup = this.#disk.backup();
    this.eye.remember();
  }

  /** Puts the last backup back and starts from it. */
  async restoreBackup(): Promise<void> {
    if (this.#backup === undefined) return;
    this.kill("restored");
    this.#disk.restore(this.#backup);
    this.eye.recall();
    await this.start();
  }

  /** The one-to-one chats that are on the disk. */
  directChats(): readonly string[] {
    if (this.#lives === 0) return [];
    return this.#disk
      .query("SELECT chat FROM chats WHERE other IS NOT NULL ORDER BY chat")
      .map(({ chat }) => `${chat}`);
  }

  /** Damages what the disk has of the keys of a group. */
  losePlace(log: string): void {
    this.kill("damaged");
    this.#disk.run("DELETE FROM snapshots WHERE log = ?", log);
  }

  /** What the engine was busy with, as its database has it: for reports. */
  diagnosis(): readonly string[] {
    const lines = diagnosticQueries.flatMap(([what, sql]) =>
      this.#disk.query(sql).map((row) => `${what} ${JSON.stringify(row)}`),
    );
    return [...lines, ...this.eye.defects.slice(-defectsShownMax)].map((line) => `${this.name}: ${line}`);
  }

  owns(link: SimLink): boolean {
    return link.device === this.name;
  }

  /** Ends everything at the end of a run. */
  async close(): Promise<void> {
    this.kill("the run is over");
    this.#disk.close();
  }

  async #createClient(life: Life): Promise<Client> {
    const stage = this.#stage;
    const name = this.name;
    const isAlive = () => life.isAlive;
    const clock: Clock = {
      now: () => Math.floor(stage.schedule.now) + this.clockOffsetMs,
      after: (delayMs, callback) =>
        stage.schedule.after(delayMs, `timer ${name}`, () => {
          if (life.isAlive) callback();
        }),
    };
    const now = stage.canary === "engine-reads-clock" ? () => Date.now() : clock.now;
    const entropy = engineEntropy({ random: stage.random.fork(`${name}/${this.#lives}`), now });
    const plain = stage.isPure ? deterministicProvider(entropy) : nodeProvider(entropy);
    const crypto = watchProvider(stage.memo.share(plain), stage.secrets);
    const network = stage.network.portFor({ name, weather: this.weather, isAlive });
    const defect = (error: unknown) => {
      if (life.isAlive) this.eye.noteDefect(error);
    };
    const store = stage.canary === "client-forgets-duplicates" ? forgetfulStore(life.store) : life.store;
    return await createClient({ store, network, clock, crypto, suites: stage.suites, defect });
  }
}
