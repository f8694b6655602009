/**
 * A simulation of the gate: the real core and real clients' entrances on virtual time, before a server that is modelled
 * down to the CPU of every step, while the fifteen attacks of the lab come several at a time, the disk fills up, the
 * clock jumps and the process dies. Then quiet, and the question whether everything is open again. `watch.ts` has the
 * promises.
 */
import type { GatePorts } from "@rempart/gate";
import type { AttackName } from "../../attack/attacks.ts";
import type { Guard } from "../guard.ts";
import { Random } from "../random.ts";
import type { RunResult } from "../run.ts";
import { Schedule } from "../schedule.ts";
import { perform, startMs } from "../theatre.ts";
import { Trace } from "../trace.ts";
import { Violations } from "../violation.ts";
import type { GateCanaryName } from "./canaries.ts";
import { Horde } from "./horde.ts";
import { machineLimits } from "./machine.ts";
import { Mint } from "./mint.ts";
import { host, type Scene, sourceIn } from "./scene.ts";
import { GateServer } from "./server.ts";
import { SpentDisk } from "./spent-disk.ts";
import { Visitor } from "./visitor.ts";
import { WallClock } from "./wall-clock.ts";
import { effortMsMax, modeMsMax, Watch } from "./watch.ts";
import { WorkOracle } from "./work-oracle.ts";

export interface GateRunOptions {
  readonly seed: number;
  /** Steps: each is something that happens, and up to two seconds. */
  readonly ops: number;
  readonly canary?: GateCanaryName | undefined;
  /** The only attack, at the full ratio; without it they are drawn. */
  readonly attack?: AttackName | undefined;
  readonly print?: ((line: string) => void) | undefined;
}

const members = 50;
const neighbours = 8;
const newcomers = 16;
/** Attempts a second of these visitors, as their stays and pauses make it. */
const honestPerSecond = (members + neighbours + newcomers) / 16.5;

/** What some servers can admit in a second: then newcomers are dropped, and the effort rises. */
const fewAdmissions = 100;
/** Hostile attempts for each honest one. */
const ratioMax = 50;
const stepMsMax = 2_000;
const hourMs = 3_600_000;
/** Longest outages, in milliseconds. */
const downMsMax = 5_000;
const troubleMsMax = 20_000;
const slowMsMax = 1_500;

const eventWeights = { nothing: 16, attack: 12, lull: 1, cut: 2, jump: 2, full: 2, slow: 2, crash: 2 };

/** Runs one seed of the gate's simulation. Never rejects. */
export async function runGateSeed(options: GateRunOptions): Promise<RunResult> {
  const play = new GatePlay(options);
  await perform({ violations: play.violations }, (guard) => play.perform(guard));
  return play.result();
}

class GatePlay {
  readonly violations = new Violations();
  readonly #options: GateRunOptions;
  readonly #trace: Trace;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #clock: WallClock;
  readonly #jumpMs: number;
  readonly #disk: SpentDisk;
  readonly #scene: Scene;
  readonly #horde: Horde;
  readonly #visitors: Visitor[] = [];
  #step = 0;

  constructor(options: GateRunOptions) {
    const random = new Random(`gate seed ${options.seed}`);
    this.#options = options;
    this.#trace = new Trace(options.print);
    this.#schedule = new Schedule({ trace: this.#trace, startMs });
    this.#random = random.fork("play");
    this.#clock = new WallClock(this.#schedule);
    this.#disk = new SpentDisk({ schedule: this.#schedule, random: random.fork("disk") });
    this.#jumpMs = this.#random.pick([hourMs, -hourMs]) ?? hourMs;
    this.#scene = this.#setScene(random);
    const drawn = this.#random.pick([10, 50, 50]) ?? ratioMax;
    const ratio = options.attack === undefined ? drawn : ratioMax;
    this.#horde = new Horde(this.#scene, { perSecond: ratio * honestPerSecond });
  }

  async perform(guard: Guard): Promise<void> {
    this.#invite();
    const isFine = () => this.violations.first === undefined && guard.breaches.length === 0;
    this.#horde.begin(this.#options.attack);
    while (this.#step < this.#options.ops && isFine()) {
      this.#step++;
      this.#happen();
      await this.#pass(this.#random.below(stepMsMax));
    }
    if (isFine()) await this.#calm();
    for (const visitor of this.#visitors) visitor.close();
  }

  result(): RunResult {
    const { seed, ops } = this.#options;
    const { first, all } = this.violations;
    const stats = {
      events: this.#schedule.ran,
      virtualMs: Math.round(this.#schedule.now - startMs),
      attempts: this.#horde.attempts,
      ...this.#scene.watch.stats,
    };
    const trace = this.#trace.digest();
    const common = { seed, ops, trace, step: this.#step, violations: all, stats, diagnosis: [] };
    return { ...common, ...(first && { violation: first }) };
  }

  #setScene(random: Random): Scene {
    const oracle = new WorkOracle(random.fork("oracle"));
    const mint = new Mint({ random: random.fork("mint"), now: this.#schedule.now });
    const { violations } = this;
    const admissionsPerSecond = this.#random.pick([machineLimits.admissionsPerSecond, fewAdmissions]) ?? fewAdmissions;
    const limits = { ...machineLimits, admissionsPerSecond };
    const shared = { clock: this.#clock, disk: this.#disk, host, schedule: this.#schedule, limits };
    const watch = new Watch({ ...shared, violations, trace: this.#trace, oracle, mint });
    const entropy = random.fork("entropy");
    const ports: GatePorts = {
      clock: this.#clock,
      entropy: { bytes: (count) => entropy.bytes(count) },
      crypto: oracle.crypto,
      tokens: mint,
      spent: this.#disk,
      report: (error) => violations.report("I0", `a port of the gate threw: ${String(error)}`, error),
    };
    const { canary } = this.#options;
    const isPlain = this.#random.chance(0.2);
    const server = new GateServer({ ...shared, random: random.fork("server"), ports, watch, isPlain, canary });
    return { schedule: this.#schedule, random, server, disk: this.#disk, mint, oracle, watch };
  }

  #invite(): void {
    const scene = this.#scene;
    const add = (name: string, index: number, isNeighbour: boolean) => {
      const source = sourceIn(isNeighbour ? 10 : 172, { index, network: isNeighbour ? 64_512 : 3_000 + (index % 5) });
      this.#visitors.push(new Visitor({ name, source, scene, isMember: !name.startsWith("newcomer"), isNeighbour }));
    };
    for (let i = 0; i < members; i++) add(`member ${i}`, i, false);
    for (let i = 0; i < neighbours; i++) add(`neighbour ${i}`, i, true);
    for (let i = 0; i < newcomers; i++) add(`newcomer ${i}`, 256 + i, false);
  }

  #happen(): void {
    const event = this.#random.weighted(eventWeights);
    this.#trace.note(`step ${this.#step} ${event}`);
    this.#events[event]();
  }

  readonly #events: Readonly<Record<keyof typeof eventWeights, () => void>> = {
    nothing: () => undefined,
    attack: () => this.#horde.begin(this.#options.attack),
    lull: () => this.#horde.end(),
    cut: () => this.#scene.server.cutAll(),
    jump: () => this.#clock.setWrong(this.#clock.isWrong ? 0 : this.#jumpMs),
    full: () => {
      this.#disk.state = this.#random.pick(["full", "lying"] as const) ?? "full";
      this.#later(troubleMsMax, "the disk is well", () => this.#mend());
    },
    slow: () => {
      this.#disk.slowMs = this.#random.below(slowMsMax);
      this.#later(troubleMsMax, "the disk is fast", () => this.#hasten());
    },
    crash: () => {
      this.#scene.server.crash();
      this.#later(downMsMax, "restart", () => this.#scene.server.start());
    },
  };

  /** Nobody attacks any more, nor holds a place inside: within their times effort and mode are back, and everybody gets in. */
  async #calm(): Promise<void> {
    const { server, watch } = this.#scene;
    this.#trace.note("calm");
    this.#horde.end();
    this.#mend();
    this.#hasten();
    server.start();
    server.endDeserted();
    if (!(await this.#pass(effortMsMax))) return;
    watch.checkEffortIsBack(server.gate);
    if (!(await this.#pass(modeMsMax - effortMsMax))) return;
    watch.checkModeIsBack(server.gate);
    watch.checkSpent();
    await this.#letAllIn();
  }

  /** Whoever still waits in line for what he was told in the siege has half a minute and its jitter to go. */
  async #letAllIn(): Promise<void> {
    const outside = new Set(this.#visitors.filter(({ isOutside, isNeighbour }) => isOutside && !isNeighbour));
    const look = () => {
      for (const visitor of outside) if (!visitor.isOutside) outside.delete(visitor);
      return outside.size === 0;
    };
    await this.#schedule.runUntil(look, 60_000);
    for (const { name } of outside) this.#scene.watch.isOutside(name);
  }

  /** Lets time pass, and looks at everything every second; false when it was cut short because a promise was broken. */
  async #pass(ms: number): Promise<boolean> {
    const end = this.#schedule.now + ms;
    while (this.#schedule.now < end && this.violations.first === undefined) {
      await this.#schedule.advance(Math.min(1_000, end - this.#schedule.now));
      const { server, watch } = this.#scene;
      if (server.isUp) watch.check(server.gate, server.there);
      for (const visitor of this.#visitors) visitor.look();
    }
    return this.violations.first === undefined;
  }

  #mend(): void {
    if (this.#disk.state !== "well") this.#disk.state = "well";
  }

  #hasten(): void {
    this.#disk.slowMs = 0;
  }

  #later(msMax: number, label: string, work: () => void): void {
    this.#schedule.after(this.#random.below(msMax), label, work);
  }
}
