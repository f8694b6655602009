import type { GateMode, Puzzle, Verdict } from "@rempart/protocol";
import type { GateServerLimits } from "../limits.ts";
import type { GatePorts } from "../ports.ts";
import type { Capacity } from "./capacity.ts";
import type { GateCounters } from "./counters.ts";
import type { Effort } from "./effort.ts";
import { Fairness } from "./fairness.ts";
import { type EntryLane, LaneShares } from "./lane-shares.ts";
import type { PrefixBook } from "./prefix-book.ts";
import { type BadProof, type GoodProof, nothingShown, ProofChecks } from "./proof-checks.ts";
import { Refusals } from "./refusals.ts";
import { Seeds } from "./seeds.ts";
import { rankOf, Shedding } from "./shedding.ts";
import { Spending, type Spent } from "./spending.ts";
import { Tickets } from "./tickets.ts";
import type { Source } from "./types.ts";
import type { Judgement } from "./visit.ts";

interface AdmissionOptions {
  readonly ports: GatePorts;
  readonly secret: Uint8Array;
  readonly hosts: () => readonly string[];
  readonly limits: GateServerLimits;
  readonly counters: GateCounters;
  readonly book: PrefixBook;
  readonly effort: Effort;
  readonly capacity: Capacity;
}

/** What somebody shows at the gate, and from where. */
export interface Showing {
  readonly source: Source;
  readonly proof: Uint8Array;
  /** The names that a solution may have been made for; without them the gate's own. */
  readonly hosts: readonly string[] | undefined;
}

/** What each lane's outcome is called when it has no room. */
export const shedOutcomes = { B: "ticket-shed", C: "token-shed", D: "work-shed", E: "none-shed" } as const;
const usedOutcomes = { B: "ticket-spent", C: "token-spent", D: "work-replayed", E: "none-shed" } as const;

const laneOf = { ticket: "B", token: "C", work: "D" } as const;

/** How full a lane has to be for everybody to be let in, whatever his rank. */
const plenty = 0.5;
/** What one is told to wait, on average, when the spent set fails: people have to act. */
const storeWaitMs = 10_000;

/**
 * The one place that turns a proof into a verdict. In this order, cheapest first: what it is, whether it was used of
 * late, whether it is right, whether its lane has room, and last, durably, that it is used now.
 */
export class Admission {
  readonly shares: LaneShares;
  readonly spending: Spending;
  readonly fairness: Fairness;
  /** Of its own: whoever has fetched the page is not served less when he comes back with his work. */
  readonly websiteFairness: Fairness;
  readonly #options: AdmissionOptions;
  readonly #tickets: Tickets;
  readonly #seeds: Seeds;
  readonly #checks: ProofChecks;
  readonly #refusals: Refusals;
  readonly #shedding = { B: new Shedding(), C: new Shedding() };
  #mode: GateMode = "normal";
  /** What the lanes were last told of how hard pressed the server is. */
  #pressure: GateMode = "normal";

  constructor(options: AdmissionOptions) {
    const { ports, secret, limits, effort, capacity } = options;
    const { clock, crypto, entropy, spent } = ports;
    this.#options = options;
    this.#tickets = new Tickets({ crypto, entropy, secret, limits });
    this.#seeds = new Seeds({ crypto, secret });
    this.#checks = new ProofChecks({ ports, tickets: this.#tickets, seeds: this.#seeds, effort, limits });
    this.#refusals = new Refusals({ entropy, limits });
    this.spending = new Spending({ spent, limits });
    this.fairness = new Fairness(limits);
    this.websiteFairness = new Fairness(limits);
    const supply = { perSecond: capacity.perSecond, mode: this.#mode };
    this.shares = new LaneShares({ limits, supply, elapsed: clock.elapsed() });
  }

  /** What a newcomer may solve now. */
  get puzzle(): Puzzle {
    return { ...this.#seeds.current(this.#options.ports.clock.now()), effort: this.#options.effort.asked };
  }

  /** Once a second, after mode and capacity were decided. */
  tick({ mode, pressure }: { mode: GateMode; pressure: GateMode }): void {
    const { clock } = this.#options.ports;
    this.#mode = mode;
    this.#supply(pressure);
    this.#shedding.B.tick();
    this.#shedding.C.tick();
    void this.spending.retry(clock.now());
  }

  /** Whenever it has changed, between two decisions on the mode: lane E gives up at once what it has saved. */
  press(pressure: GateMode): void {
    if (pressure !== this.#pressure) this.#supply(pressure);
  }

  /** Judges a proof and spends what it shows. Never rejects: when a port throws, the proof is refused. */
  async judge(showing: Showing): Promise<Judgement> {
    try {
      return await this.#judge(showing);
    } catch (error) {
      this.#options.ports.report?.(error);
      return this.#unspent(showing.source, "E", "failed");
    }
  }

  #supply(pressure: GateMode): void {
    this.#pressure = pressure;
    const { capacity, ports } = this.#options;
    this.shares.supply({ perSecond: capacity.perSecond, mode: pressure }, ports.clock.elapsed());
  }

  async #judge({ source, proof: bytes, hosts }: Showing): Promise<Judgement> {
    const proof = this.#checks.parse(bytes);
    if (proof === undefined) return this.#turnDown(source, { outcome: "proof-junk", isInvalid: true });
    if (proof.kind === "none") return this.#enter(source, nothingShown);
    const id = this.#checks.idOf(proof);
    const known = this.spending.known(id);
    if (known !== undefined) return this.#unspent(source, laneOf[proof.kind], known);
    const checked = this.#checks.check(proof, { id, hosts: hosts ?? this.#options.hosts() });
    return "outcome" in checked ? this.#turnDown(source, checked) : this.#enter(source, checked);
  }

  /**
   * Takes a place for an ordinary request: a member's is lane B's, anybody else's lane E's, or in quiet time of the rest that
   * nobody wants. In a siege, when E has
   * none, it is lane D's, for a newcomer needs the page before he can prove anything: fair by prefix, and only out of
   * the fuller half, so that no request for the page keeps out whoever has done the work.
   */
  takeForWebsite(source: Source, isMember: boolean): boolean {
    const elapsed = this.#options.ports.clock.elapsed();
    const { capacity, counters } = this.#options;
    const lane = isMember ? "B" : this.#mode === "siege" ? "D" : "E";
    if (!capacity.hasRoom(lane, counters.connections)) return false;
    if (!this.shares.has(lane, elapsed)) return this.#mode === "normal" && this.shares.takeRest(elapsed);
    if (lane === "D") {
      const spare = (this.shares.fullness(lane, elapsed) - plenty) / (1 - plenty);
      if (spare <= 0 || !this.websiteFairness.isDue(source, { fullness: spare, elapsed })) return false;
      this.websiteFairness.serve(source, elapsed);
    }
    this.shares.take(lane);
    return true;
  }

  /** Whether a good proof would be let in by this lane now. Changes nothing. */
  hasRoom(lane: EntryLane, source: Source): boolean {
    const elapsed = this.#options.ports.clock.elapsed();
    const { capacity, counters } = this.#options;
    if (!capacity.hasRoom(lane, counters.connections) || !this.shares.has(lane, elapsed)) return false;
    const fullness = this.shares.fullness(lane, elapsed);
    return lane !== "D" || this.fairness.isDue(source, { fullness, elapsed });
  }

  async #enter(source: Source, proof: GoodProof): Promise<Judgement> {
    const { lane, claim } = proof;
    const elapsed = this.#options.ports.clock.elapsed();
    if (!this.#isItsTurn(source, proof)) {
      if (lane === "D") this.#countDropped(source, { effort: proof.effort, elapsed });
      return this.#shed(lane);
    }
    this.shares.take(lane);
    if (lane === "D") this.fairness.serve(source, elapsed);
    const spent = claim === undefined ? "fresh" : await this.spending.spend(claim);
    if (spent === "fresh") return this.#admit(source, proof);
    this.shares.giveBack(lane);
    return this.#unspent(source, lane, spent);
  }

  /** Whether there is room for this one; in lanes B and C the same ones are shed as long as there is too little. */
  #isItsTurn(source: Source, { lane, claim }: GoodProof): boolean {
    if (lane === "D" || lane === "E" || claim === undefined) return this.hasRoom(lane, source);
    const { clock, crypto } = this.#options.ports;
    const shedding = this.#shedding[lane];
    const rank = () => rankOf(crypto, { id: claim.id, now: clock.now() });
    const isKept = this.shares.fullness(lane, clock.elapsed()) >= plenty || shedding.isKept(rank);
    const isIn = isKept && this.hasRoom(lane, source);
    if (isIn) shedding.countTaken();
    else if (isKept) shedding.countMissed();
    return isIn;
  }

  /** Whoever has had his prefix's or network's part already says nothing of how many others want in. */
  #countDropped(source: Source, { effort, elapsed }: { effort: number; elapsed: number }): void {
    const fullness = this.shares.fullness("D", elapsed);
    if (this.fairness.isDue(source, { fullness, elapsed })) this.#options.effort.dropped(effort);
  }

  #admit(source: Source, { lane, tickets: count, quotaClass }: GoodProof): Judgement {
    const { clock } = this.#options.ports;
    if (lane === "B" || lane === "C") this.#options.book.trust(source, clock.elapsed());
    const tickets = Array.from({ length: count }, () => this.#tickets.seal(clock.now(), quotaClass));
    this.#options.counters.ticketsIssued += tickets.length;
    return { lane, quotaClass, verdict: { kind: "admitted", mode: this.#mode, tickets } };
  }

  /** A proof that could not be spent, and why. */
  #unspent(source: Source, lane: EntryLane, spent: Exclude<Spent, "fresh">): Judgement {
    if (spent === "used") return this.#turnDown(source, { outcome: usedOutcomes[lane], isInvalid: true });
    if (spent === "busy") return this.#shed(lane);
    this.#options.counters.storeFailures += 1;
    return { outcome: "store-failed", verdict: this.#refusals.busy(this.#mode, storeWaitMs) };
  }

  /** No room in the lane: come back with the same; who showed nothing had better work. */
  #shed(lane: EntryLane): Judgement {
    const elapsed = this.#options.ports.clock.elapsed();
    const { capacity, counters } = this.#options;
    const outcome = shedOutcomes[lane];
    const mayWork = lane === "E" && capacity.hasRoom("D", counters.connections);
    if (mayWork) return { outcome, verdict: this.#refusals.prove(this.#mode, this.puzzle) };
    const waitMs = this.#refusals.waitFor(lane, { perSecond: this.shares.perSecond(lane), elapsed });
    return { outcome, verdict: this.#refusals.busy(this.#mode, waitMs) };
  }

  #turnDown(source: Source, { outcome, isInvalid }: BadProof): Judgement {
    const { book, counters, ports } = this.#options;
    const elapsed = ports.clock.elapsed();
    if (isInvalid) counters.invalidProofs += 1;
    if (isInvalid && book.offend(source.prefix, elapsed)) counters.denials += 1;
    const forMs = book.deniedForMs(source.prefix, elapsed);
    const verdict: Verdict =
      forMs > 0 ? this.#refusals.gone(this.#mode, forMs) : this.#refusals.prove(this.#mode, this.puzzle);
    return { outcome, verdict };
  }
}
