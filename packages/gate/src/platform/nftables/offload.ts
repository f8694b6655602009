/**
 * Denied prefixes and connection rates in the kernel, in a table of our own (`inet rempart`), so that a flood from few
 * sources costs this process nothing. Everything works without it: what cannot be handed over stays with the gate.
 */
import { nftablesLimits as limits } from "./limits.ts";
import { apply, type NftCommand, NftError, type NftErrorCode, readCounters } from "./nft.ts";
import {
  changeCommands,
  type DenialChanges,
  installCommands,
  isDeniable,
  type RulesetOptions,
  removeCommands,
} from "./ruleset.ts";

export interface NftablesOptions extends RulesetOptions {
  /** Says that the table is in force, or why it is not. Never given an address. */
  report(state: NftablesState): void;
  /** Milliseconds since some moment; never goes back. */
  elapsed(): number;
  /** `nft` if absent. */
  readonly nft?: NftCommand;
}

export interface NftablesState {
  /** Whether our table is in force. */
  readonly isOn: boolean;
  /** Why it is not, although it should be. */
  readonly problem?: { readonly code: NftErrorCode; readonly message: string };
}

/** New connections that the kernel dropped since the start, in packets: a client repeats its first one a few times. */
export interface NftablesDrops {
  readonly denied: number;
  readonly rate: number;
}

/** One entry of the gate's deny list. */
export interface Denied {
  /** `198.51.100.0/24` or `2001:db8:1::/48`; others are left to the gate. */
  readonly prefix: string;
  readonly forMs: number;
}

export class NftablesOffload {
  readonly #options: NftablesOptions;
  readonly #nft: NftCommand;
  /** Prefixes in the kernel's sets, with the moment at which each ends. */
  #inKernel = new Map<string, number>();
  #state: NftablesState = { isOn: false };
  #drops: NftablesDrops = noDrops;
  /** Those of tables that are gone, because somebody flushed them. */
  #dropsBefore: NftablesDrops = noDrops;
  #retryAt = 0;
  #work: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: NftablesOptions) {
    this.#options = options;
    this.#nft = options.nft ?? ["nft"];
  }

  get state(): NftablesState {
    return this.#state;
  }

  get drops(): NftablesDrops {
    const [now, before] = [this.#drops, this.#dropsBefore];
    return { denied: now.denied + before.denied, rate: now.rate + before.rate };
  }

  /** Puts our table in force, in place of one that was left behind. Resolves when that is done, or reported. */
  start(): Promise<void> {
    return this.#exclusively(() => this.#install());
  }

  /**
   * Brings the kernel's sets to what the gate denies now, and reads the counters: once a second. Resolves when that is
   * done, at once while the step before still runs. Never rejects.
   */
  async tick(denied: readonly Denied[]): Promise<void> {
    if (this.#work === undefined && !this.#isStopped) await this.#exclusively(() => this.#step(denied));
  }

  /** Takes the table away. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
    if (this.#state.isOn) await this.#attempt(() => apply(this.#nft, removeCommands));
    this.#state = { isOn: false };
  }

  async #step(denied: readonly Denied[]): Promise<void> {
    if (!this.#state.isOn) {
      if (this.#options.elapsed() >= this.#retryAt) await this.#install();
      return;
    }
    await this.#attempt(async () => {
      await this.#change(denied);
      const counters = await readCounters(this.#nft);
      this.#drops = { denied: counters.get("denied") ?? 0, rate: counters.get("rate") ?? 0 };
    });
  }

  async #install(): Promise<void> {
    if (!(await this.#attempt(() => apply(this.#nft, installCommands(this.#options))))) return;
    this.#dropsBefore = this.drops;
    this.#drops = noDrops;
    this.#inKernel.clear();
    this.#state = { isOn: true };
    this.#options.report(this.#state);
  }

  async #change(denied: readonly Denied[]): Promise<void> {
    const now = this.#options.elapsed();
    const { next, changes } = changesBetween(this.#inKernel, denied, now);
    const commands = changeCommands(changes);
    if (commands !== undefined) await apply(this.#nft, commands);
    this.#inKernel = next;
  }

  /** Whether it worked; a failure is reported, and the table put back later. */
  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const { code, message } = error instanceof NftError ? error : new NftError("ERR_NFT_FAILED", "nft failed");
      const isNews = this.#state.problem?.message !== message;
      this.#state = { isOn: false, problem: { code, message } };
      this.#retryAt = this.#options.elapsed() + limits.retryMs;
      if (isNews) this.#options.report(this.#state);
      return false;
    }
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const step = (this.#work ?? Promise.resolve()).then(work).finally(() => {
      if (this.#work === step) this.#work = undefined;
    });
    this.#work = step;
    return step;
  }
}

const noDrops: NftablesDrops = { denied: 0, rate: 0 };

/** What to tell the kernel, at most a batch of it, and what it then has. */
function changesBetween(
  inKernel: ReadonlyMap<string, number>,
  denied: readonly Denied[],
  now: number,
): { next: Map<string, number>; changes: DenialChanges } {
  const wanted = denied.filter(({ prefix, forMs }) => isDeniable(prefix) && forMs > 0).slice(0, limits.denied);
  const ends = new Map(wanted.map(({ prefix, forMs }) => [prefix, now + forMs]));
  // What has ended has left the kernel's sets by itself.
  const next = new Map([...inKernel].filter(([, endsAt]) => endsAt > now));
  const forgive = [...next.keys()].filter((prefix) => !ends.has(prefix)).slice(0, limits.batch);
  const isNew = ([prefix, endsAt]: [string, number]) =>
    Math.abs((next.get(prefix) ?? 0) - endsAt) > limits.endToleranceMs || !next.has(prefix);
  const fresh = [...ends].filter(isNew).slice(0, limits.batch);
  for (const prefix of forgive) next.delete(prefix);
  for (const [prefix, endsAt] of fresh) next.set(prefix, endsAt);
  const deny = fresh.map(([prefix, endsAt]) => ({ prefix, seconds: Math.max(1, Math.ceil((endsAt - now) / 1_000)) }));
  return { next, changes: { deny, forgive } };
}
