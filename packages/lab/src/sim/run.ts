/**
 * One simulation from one seed: a server and its people, a thousand small disasters, then peace, and the
 * question whether everything is as it should be. See `invariants.ts` for what that means.
 */
import type { SuiteName } from "@rempart/session";
import { type ActionName, actions, actionWeights } from "./actions.ts";
import { ask } from "./ask.ts";
import type { CanaryName } from "./canaries.ts";
import { disagreements } from "./convergence.ts";
import type { Device } from "./device.ts";
import { type FaultName, faults, faultsOnRequest, faultWeights } from "./faults.ts";
import type { GateCanaryName } from "./gate/canaries.ts";
import type { Guard } from "./guard.ts";
import { checkEpochs, checkJoins, checkQueues, checkReading, checkSameOrder } from "./invariants.ts";
import { Mallory } from "./mallory.ts";
import { Operations } from "./operations.ts";
import type { Random } from "./random.ts";
import { type DeviceReading, readDevice } from "./reading.ts";
import type { Stage } from "./stage.ts";
import { openTheatre, perform, startMs, type Theatre } from "./theatre.ts";
import type { Violation } from "./violation.ts";
import type { WireObserver } from "./wire-observer.ts";
import { World } from "./world.ts";

export interface RunOptions {
  readonly seed: number;
  /** Steps: each is an action of a person or a fault. */
  readonly ops: number;
  readonly canary?: CanaryName;
  /** Logs alone, without whole clients: see `log-run.ts`. */
  readonly logs?: boolean;
  /** The gate under attack, without logs: see `gate/gate-run.ts`. */
  readonly gate?: boolean;
  readonly gateCanary?: GateCanaryName;
  /** Faults that may happen; all of them if absent. */
  readonly faults?: readonly FaultName[];
  /** Actions that nobody takes. */
  readonly without?: readonly ActionName[];
  /** Cipher suites of all devices; the classical one alone if absent, which is much faster. */
  readonly suites?: readonly SuiteName[];
  /** Cryptography in pure TypeScript: many times slower, and the same trace. */
  readonly isPure?: boolean;
  /** Receives every note of the trace. */
  readonly print?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly ops: number;
  /** Hash over everything that happened: equal for equal seeds. */
  readonly trace: string;
  /** Where it stopped: the last step when all went well. */
  readonly step: number;
  readonly violation?: Violation;
  readonly violations: readonly Violation[];
  /** When it did not converge: what each device still had to do. */
  readonly diagnosis: readonly string[];
  readonly stats: Readonly<Record<string, number>>;
}

/** Every so many steps all devices are read in full, which costs as much as several steps. */
const auditEvery = 100;
const setUpLimitMs = 120_000;
const convergeLimitMs = 30 * 60_000;
const convergeCheckMs = 10_000;
const pendingPerDeviceMax = 6;

/** Runs one seed from beginning to end. Never rejects: what goes wrong is in the result. */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const theatre = openTheatre(options);
  const simulation = new Simulation(options, theatre);
  await perform(theatre.stage, (guard) => simulation.perform(guard));
  return simulation.result();
}

class Simulation {
  readonly #options: RunOptions;
  readonly #random: Random;
  readonly #stage: Stage;
  readonly #observer: WireObserver;
  readonly #operations: Operations;
  readonly #world: World;
  readonly #actionWeights: Readonly<Record<ActionName, number>>;
  readonly #faultWeights: Readonly<Record<FaultName, number>>;
  readonly #faultChance: number;
  #step = 0;
  #diagnosis: readonly string[] = [];

  constructor(options: RunOptions, theatre: Theatre) {
    const { stage, observer, server, shape } = theatre;
    this.#options = options;
    this.#stage = stage;
    this.#observer = observer;
    this.#random = stage.random.fork("workload");
    this.#operations = new Operations(stage);
    this.#world = new World({
      stage,
      server,
      mallory: new Mallory(stage, observer),
      operations: this.#operations,
      peopleMax: shape.between(2, 5),
    });
    const left = (options.without ?? []).map((name) => [name, 0]);
    this.#actionWeights = { ...actionWeights, ...Object.fromEntries(left) };
    this.#faultWeights = drawFaults(shape, options.faults);
    this.#faultChance = shape.pick([0, 0.1, 0.2, 0.3]) ?? 0;
  }

  async perform(guard: Guard): Promise<void> {
    try {
      await this.#play(guard);
    } finally {
      await this.#world.close();
    }
  }

  async #play(guard: Guard): Promise<void> {
    await this.#begin();
    while (this.#step < this.#options.ops && !this.#isBroken(guard)) {
      this.#step++;
      this.#stage.trace.note("step", this.#step);
      this.#act();
      await this.#stage.schedule.advance(this.#pause());
      checkQueues(this.#stage, this.#world.devices.length);
      if (this.#step % auditEvery === 0) await this.#audit();
    }
    if (!this.#isBroken(guard)) await this.#converge(guard);
  }

  /** The first account, made in peace. */
  async #begin(): Promise<void> {
    this.#world.server.start();
    const founder = this.#world.welcome(await this.#world.firstInvite());
    const isReady = await this.#stage.schedule.runUntil(() => founder.account !== undefined, setUpLimitMs);
    if (!isReady) this.#stage.violations.report("I7", `the first account was not made within ${setUpLimitMs} ms`);
    const client = founder.running()?.client;
    if (client === undefined) return;
    const invite = await ask(this.#stage, "an invitation", client.createInvite({ uses: 1, expiresInMs: 3_600_000 }));
    if (invite !== undefined) this.#world.welcome(invite.invite);
  }

  #act(): void {
    const random = this.#random.fork(`step ${this.#step}`);
    const person = random.pick(this.#world.people);
    const device = random.pick(person?.devices ?? []);
    if (person === undefined || device === undefined) return;
    if (random.chance(this.#faultChance)) {
      const fault = random.weighted(this.#faultWeights);
      this.#stage.trace.note(`fault ${fault}`, device.name);
      faults[fault]({ world: this.#world, device, random });
      return;
    }
    const { client } = device;
    if (client === undefined || device.isBroken) {
      if (!device.isRunning || device.isBroken) this.#world.restartLater(device, random.below(10_000));
      return;
    }
    if (person.account === undefined || this.#operations.waitingOn(device) >= pendingPerDeviceMax) return;
    const name: ActionName = random.weighted(this.#actionWeights);
    const acting = { world: this.#world, stage: this.#stage, person, device, client, random };
    this.#stage.trace.note(`act ${name}`, device.name);
    this.#operations.run(`${name} by ${device.name} at step ${this.#step}`, device, () => actions[name](acting));
  }

  /** Mostly short, so that things overlap; now and then long enough for timers to run out. */
  #pause(): number {
    const kind = this.#random.weighted({ none: 2, short: 10, long: 3, veryLong: 1 });
    if (kind === "none") return 0;
    if (kind === "short") return this.#random.between(1, 400);
    return kind === "long" ? this.#random.between(400, 4_000) : this.#random.between(4_000, 60_000);
  }

  /** Reads every device that runs and checks what it shows, alone and against the others. */
  async #audit(): Promise<readonly DeviceReading[]> {
    const readings: DeviceReading[] = [];
    for (const device of this.#world.devices) {
      const { client } = device;
      if (client === undefined || device.isBroken) continue;
      const reading = await this.#read(device);
      if (reading !== undefined) readings.push(reading);
    }
    for (const reading of readings) {
      checkReading(reading, this.#stage);
      if (this.#world.isOnlyDevice(reading.device)) checkJoins(reading, this.#stage.violations);
    }
    for (const [i, a] of readings.entries()) {
      for (const b of readings.slice(i + 1)) {
        checkSameOrder(a, b, this.#stage.violations);
        checkEpochs(a, b, this.#stage.violations);
        checkEpochs(b, a, this.#stage.violations);
      }
    }
    return readings;
  }

  /** What a device shows; `undefined` when it has no account yet, or died of an earlier fault while it was asked. */
  async #read(device: Device): Promise<DeviceReading | undefined> {
    const { client, lives } = device;
    if (client === undefined) return undefined;
    const question = readDevice(device.name, client).catch((error: unknown) => {
      if (device.lives === lives && device.isRunning && !device.isBroken) throw error;
      return undefined;
    });
    return ask(this.#stage, `reading ${device.name}`, question);
  }

  /** Ends every fault and waits until everyone shows the same. */
  async #converge(guard: Guard): Promise<void> {
    this.#stage.trace.note("heal");
    const end = this.#stage.schedule.now + convergeLimitMs;
    let found: readonly string[] = ["nothing was compared"];
    while (this.#stage.schedule.now < end) {
      this.#world.heal();
      await this.#stage.schedule.advance(convergeCheckMs);
      if (this.#isBroken(guard)) return;
      found = await this.#unfinished();
      if (found.length === 0) return;
    }
    for (const what of found) this.#stage.violations.report("I7", what);
    this.#diagnosis = this.#world.devices.flatMap((device) => device.diagnosis());
  }

  async #unfinished(): Promise<readonly string[]> {
    const waiting = this.#operations.waiting.map((name) => `${name} was not answered`);
    if (waiting.length > 0) return waiting;
    const down = this.#world.devices.filter(({ client, isBroken }) => client === undefined || isBroken);
    if (down.length > 0) return down.map(({ name }) => `${name} does not run`);
    return disagreements(await this.#audit(), this.#stage.facts);
  }

  #isBroken(guard: Guard): boolean {
    return guard.breaches.length > 0 || this.#stage.violations.first !== undefined;
  }

  result(): RunResult {
    const { seed, ops } = this.#options;
    const { first, all } = this.#stage.violations;
    const stats = {
      events: this.#stage.schedule.ran,
      virtualMs: Math.round(this.#stage.schedule.now - startMs),
      frames: this.#observer.framesSeen,
      bytes: this.#observer.bytesSeen,
      entries: this.#observer.entryCount,
      people: this.#world.people.length,
      devices: this.#world.devices.length,
      said: this.#stage.facts.said.length,
      ...Object.fromEntries([...this.#operations.outcomes].sort()),
    };
    const trace = this.#stage.trace.digest();
    return {
      seed,
      ops,
      trace,
      step: this.#step,
      violations: all,
      diagnosis: this.#diagnosis,
      stats,
      ...(first === undefined ? {} : { violation: first }),
    };
  }
}

/** Each seed has some of the faults and not others: rare combinations come up that an average would hide. */
function drawFaults(shape: Random, allowed: readonly FaultName[] | undefined): Readonly<Record<FaultName, number>> {
  const weights = { ...faultWeights };
  for (const name of Object.keys(weights) as FaultName[]) {
    const isDrawn = shape.chance(0.7);
    const isAllowed = allowed?.includes(name) ?? !faultsOnRequest.includes(name);
    if (!isDrawn || !isAllowed) weights[name] = 0;
  }
  // Something must remain to be drawn, and a link that is cut is the mildest.
  weights.cutLink ||= 1;
  return weights;
}
