import { LabError } from "../lab-error.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../process/temporary-directory.ts";
import type { AttackName } from "./attacks.ts";
import { Helper } from "./helper.ts";
import type { Transaction } from "./honest/ledger.ts";
import { clock } from "./honest/schedule.ts";
import { pause } from "./honest/waiting.ts";
import type { HostileQuestions, HostileSettings } from "./hostile/worker.ts";
import { DiskProbe } from "./measure/disk-probe.ts";
import { disturbance } from "./measure/evaluate.ts";
import { Eye } from "./measure/eye.ts";
import type { Observation } from "./measure/observation.ts";
import { measureProofCost } from "./measure/proof-cost.ts";
import type { AttackResult } from "./measure/result.ts";
import { resultOf } from "./measure/summary.ts";
import { honestRate, type RunSettings } from "./settings.ts";
import { type HonestEnd, openStage, type Stage } from "./stage.ts";

/** What is told while a run goes on. */
export type OnProgress = (text: string) => void;

/** Attacks whose connections are still there at their end, so that the memory of one can be told. */
const isHolding: ReadonlySet<AttackName> = new Set(["silent", "slow"]);
/** Long enough for a collection of garbage and two looks after it. */
const garbageMs = 400;
/** Between getting ready and being quiet. */
const settleMs = 1_000;

/**
 * One run from a fresh start to its result. Throws `ERR_NOT_QUIET` when the quiet phase is not quiet, and what else keeps it
 * from being made at all; a run that is not worth much says so in its result.
 */
export async function runOnce(settings: RunSettings, onProgress: OnProgress): Promise<AttackResult> {
  const directory = await makeTemporaryDirectory();
  try {
    const disk = await DiskProbe.start(directory);
    try {
      const stage = await openStage(settings, directory);
      try {
        return await new Run(settings, { stage, disk, onProgress }).perform();
      } finally {
        await stage.close();
      }
    } finally {
      await disk.close();
    }
  } finally {
    await removeTemporaryDirectory(directory);
  }
}

interface Means {
  readonly stage: Stage;
  readonly disk: DiskProbe;
  readonly onProgress: OnProgress;
}

class Run {
  readonly #settings: RunSettings;
  readonly #stage: Stage;
  readonly #disk: DiskProbe;
  readonly #onProgress: OnProgress;
  readonly #hostile: Helper<HostileQuestions>;
  readonly #eye: Eye;
  readonly #transactions: Transaction[] = [];

  constructor(settings: RunSettings, { stage, disk, onProgress }: Means) {
    this.#settings = settings;
    this.#stage = stage;
    this.#disk = disk;
    this.#onProgress = onProgress;
    const { subject, supplies } = stage;
    const { attack, seed } = settings;
    const hostile: HostileSettings = { attack, target: subject.target, dialect: subject.dialect, supplies, seed };
    this.#hostile = new Helper(new URL("./hostile/worker.ts", import.meta.url), hostile);
    const generatorPids = [process.pid, stage.honestPid, this.#hostile.pid];
    this.#eye = new Eye({ subject, generatorPids, held: async () => (await this.#hostile.ask("tally")).held });
  }

  async perform(): Promise<AttackResult> {
    try {
      return resultOf(this.#settings, this.#stage.subject, await this.#observe());
    } finally {
      await this.#eye.close();
      await this.#hostile.end();
    }
  }

  async #observe(): Promise<Observation> {
    const { honest, subject, troubles } = this.#stage;
    await this.#getReady();
    const quiet = clock();
    const why = await this.#beQuiet();
    const attack = clock();
    await this.#attack();
    const tally = await this.#hostile.ask("stop");
    const after = clock();
    const returnMs = await this.#calmDown();
    const end = clock();
    await honest.cease();
    await this.#eye.close();
    await this.#collect();
    const death = subject.death();
    const ended = death === undefined ? await honest.finish() : unknownEnd;
    return {
      times: { quiet, attack, after, end },
      transactions: this.#transactions,
      looks: this.#eye.looks,
      diskWaits: this.#disk.waits,
      tally,
      ...ended,
      returnMs: await returnMs.all,
      proofCostUs: await this.#proofCost(),
      death,
      disturbance: why,
      troubles,
    };
  }

  async #getReady(): Promise<void> {
    if (this.#settings.ratio > 0) {
      this.#onProgress("getting ready");
      await this.#hostile.ask("prepare");
    }
    this.#stage.subject.collectGarbage?.();
    await pause(settleMs);
  }

  /** Answers why it was not quiet, where the run goes on all the same. */
  async #beQuiet(): Promise<string | undefined> {
    const { phases, isForced } = this.#settings;
    this.#onProgress(`quiet, ${phases.quiet} s`);
    const quiet = clock();
    await this.#stage.honest.start();
    await pause(1_000 * phases.quiet);
    const now = clock();
    await this.#collect();
    const times = { quiet, attack: now, after: now, end: now };
    const why = disturbance({
      times,
      transactions: this.#transactions,
      looks: this.#eye.looks,
      diskWaits: this.#disk.waits,
    });
    if (why !== undefined && !isForced) throw new LabError("ERR_NOT_QUIET", `the quiet run was not quiet: ${why}`);
    return why;
  }

  async #attack(): Promise<void> {
    const { attack, ratio, rates, phases } = this.#settings;
    this.#onProgress(`attack at ratio ${ratio}, ${phases.attack} s`);
    const perSecond = ratio * honestRate(rates);
    if (ratio > 0) await this.#hostile.ask("attack", { perSecond, seconds: phases.attack });
    await pause(1_000 * phases.attack - garbageMs);
    if (isHolding.has(attack)) this.#stage.subject.collectGarbage?.();
    await pause(garbageMs);
  }

  /** The time after the attack; answers what comes of the crowd's return, which may take longer. */
  async #calmDown(): Promise<{ all: Promise<readonly number[]> }> {
    const { attack, phases } = this.#settings;
    this.#onProgress(`after, ${phases.after} s`);
    const all = attack === "pulses" ? this.#stage.honest.returnAll() : Promise.resolve([]);
    await pause(1_000 * phases.after);
    return { all };
  }

  async #collect(): Promise<void> {
    this.#transactions.push(...(await this.#stage.honest.transactions()));
  }

  async #proofCost(): Promise<Observation["proofCostUs"]> {
    const { attack, ratio, subject } = this.#settings;
    const isAsked = attack === "proofs" && ratio > 0 && subject === "rempart";
    return isAsked ? measureProofCost(this.#stage.directory) : null;
  }
}

/** Of a server that is no more nobody can ask what it has. */
const unknownEnd: HonestEnd = {
  lost: 0,
  refusals: { falseRefusals: 0, busy: { A: 0, B: 0, C: 0, D: 0 } },
  dials: [],
};
