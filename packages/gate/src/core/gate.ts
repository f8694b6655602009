import type { GateMode, Puzzle } from "@rempart/protocol";
import { type GateServerLimits, gateServerLimits } from "../limits.ts";
import type { GatePorts } from "../ports.ts";
import { Admission } from "./admission.ts";
import { Capacity } from "./capacity.ts";
import { GateCounters } from "./counters.ts";
import { Doorstep, type DoorstepView } from "./doorstep.ts";
import { Effort } from "./effort.ts";
import { type Explanation, explain } from "./explain.ts";
import { HandshakeQueue } from "./handshake-queue.ts";
import { type Flow, ModeMachine } from "./mode-machine.ts";
import { PrefixBook } from "./prefix-book.ts";
import type { Load, Outcome, Source, Stage } from "./types.ts";
import { type Judgement, Visit, type VisitKeeper } from "./visit.ts";

export interface GateOptions {
  /** 32 bytes, kept across restarts: tickets and seeds come from it. */
  readonly secret: Uint8Array;
  /** The hosts by which clients know the server (`hostOf`): a solution is made for one of them. */
  readonly hosts: () => readonly string[];
  readonly limits?: Partial<GateServerLimits>;
}

/** A prefix that the gate refuses for now, for whoever can refuse it more cheaply (the kernel). */
export interface Denial {
  readonly prefix: string;
  readonly forMs: number;
}

/** How many entries the tables have that grow with those who come: each has its limit. */
export interface TableSizes {
  readonly trusted: number;
  readonly offences: number;
  readonly buckets: number;
  readonly unadmittedPrefixes: number;
  readonly servedPrefixes: number;
  readonly servedNetworks: number;
  /** Prefixes and networks that had the website of late, in a siege. */
  readonly browsedPrefixes: number;
  readonly browsedNetworks: number;
  readonly spendsInFlight: number;
  readonly spentRemembered: number;
  readonly spentUnkept: number;
  readonly handshakesWaiting: number;
  readonly handshakesInFlight: number;
}

const secretBytes = 32;

/** Who gets in. The one thing that shell, simulator and administrator's page talk to. */
export class Gate {
  readonly limits: GateServerLimits;
  readonly counters: GateCounters;
  readonly handshakes: HandshakeQueue;
  readonly #ports: GatePorts;
  readonly #book: PrefixBook;
  readonly #doorstep: Doorstep;
  readonly #capacity: Capacity;
  readonly #effort: Effort;
  readonly #modes: ModeMachine;
  readonly #admission: Admission;
  readonly #keeper: VisitKeeper;
  /** Connections that are through with TLS and not admitted. */
  #handshaken = 0;
  /** What happened since the last tick. */
  #flow: { -readonly [K in keyof Flow]: number } = { arrivals: 0, admitted: 0, lost: 0 };
  #isStopping = false;

  /** Throws a `RangeError` for a secret of another length. */
  constructor(ports: GatePorts, { secret, hosts, limits }: GateOptions) {
    if (secret.length !== secretBytes) throw new RangeError(`a secret of ${secretBytes} bytes, not ${secret.length}`);
    const elapsed = ports.clock.elapsed();
    this.#ports = ports;
    this.limits = { ...gateServerLimits, ...limits };
    this.counters = new GateCounters(this.limits);
    this.#book = new PrefixBook(this.limits);
    this.#doorstep = new Doorstep({ limits: this.limits, counters: this.counters, book: this.#book, elapsed });
    this.#capacity = new Capacity(this.limits);
    this.#effort = new Effort({ limits: this.limits, elapsed });
    this.#modes = new ModeMachine({ limits: this.limits, elapsed });
    const shared = { ports, limits: this.limits, counters: this.counters, book: this.#book };
    this.#admission = new Admission({ ...shared, secret, hosts, effort: this.#effort, capacity: this.#capacity });
    const handshaken = () => this.#handshaken;
    this.handshakes = new HandshakeQueue({ clock: ports.clock, limits: this.limits, book: this.#book, handshaken });
    this.#keeper = this.#makeKeeper();
  }

  get mode(): GateMode {
    return this.#modes.mode;
  }

  /**
   * How hard pressed the server is at this moment. The mode takes up to a second to follow what comes, and meanwhile
   * history, files and whoever proves nothing would take what those who wait for their handshake need.
   */
  get pressure(): GateMode {
    const isLate = this.handshakes.oldestAgeMs >= this.limits.pressureQueueAgeMs;
    return isLate && this.mode === "normal" ? "guarded" : this.mode;
  }

  /** Why it is in its mode, in a few words. */
  get modeReason(): string {
    return this.#modes.reason;
  }

  /** The effort that newcomers are asked for. */
  get effort(): number {
    return this.#effort.asked;
  }

  /** What a newcomer may solve now: the same for everybody, so that it can be served as a file. */
  get puzzle(): Puzzle {
    return this.#admission.puzzle;
  }

  /** Entries of every table, for `/metrics` and the tests that hold them to their limits. */
  get sizes(): TableSizes {
    const { trusted, offences } = this.#book.size;
    const { buckets, unadmitted } = this.#doorstep.size;
    const { prefixes, networks } = this.#admission.fairness.size;
    const { inFlight, remembered, unkept } = this.#admission.spending.size;
    return {
      trusted,
      offences,
      buckets,
      unadmittedPrefixes: unadmitted,
      servedPrefixes: prefixes,
      servedNetworks: networks,
      browsedPrefixes: this.#admission.websiteFairness.size.prefixes,
      browsedNetworks: this.#admission.websiteFairness.size.networks,
      spendsInFlight: inFlight,
      spentRemembered: remembered,
      spentUnkept: unkept,
      handshakesWaiting: this.handshakes.waiting,
      handshakesInFlight: this.handshakes.inFlight,
    };
  }

  /** Decides mode, effort and capacity anew: call it once a second. */
  tick(load: Load): void {
    const elapsed = this.#ports.clock.elapsed();
    this.#modes.tick(load, { flow: this.#flow, elapsed });
    this.#flow = { arrivals: 0, admitted: 0, lost: 0 };
    this.#capacity.tick(load);
    this.#effort.tick(elapsed);
    this.#admission.tick(this);
  }

  /** A connection has come. An outcome means: reset it; it is counted already. */
  arrive(source: Source): Visit | Outcome {
    const view = this.#view();
    this.counters.arrivals += 1;
    this.#flow.arrivals += 1;
    const refusal = this.#isStopping ? "stopping" : this.#doorstep.refusal(source, view);
    if (refusal !== undefined) {
      this.#countLost(refusal);
      return refusal;
    }
    this.#doorstep.take(source, view);
    this.counters.open.accept += 1;
    const isTrusted = this.#book.isTrusted(source.prefix, view.elapsed);
    const isFamiliar = this.#book.isFamiliar(source, view.elapsed);
    return new Visit(this.#keeper, { source, isTrusted, isFamiliar, elapsed: view.elapsed });
  }

  /** A connection had come and gone again before anybody could ask where from: it counts as arrived, and as lost. */
  vanished(): void {
    this.counters.arrivals += 1;
    this.#flow.arrivals += 1;
    this.#countLost("accept-reset");
  }

  /** From now on every arrival is refused as `stopping`. Those inside are not touched. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Prefixes on the deny list now. */
  denials(): readonly Denial[] {
    return this.#book.denials(this.#ports.clock.elapsed());
  }

  /** What would be done to this address now, and why. Changes nothing. */
  explain(source: Source): Explanation {
    const view = this.#view();
    return explain(source, {
      view,
      modeReason: this.modeReason,
      effort: this.effort,
      book: this.#book,
      doorstep: this.#doorstep,
      admission: this.#admission,
      isStopping: this.#isStopping,
    });
  }

  #view(): DoorstepView {
    return { elapsed: this.#ports.clock.elapsed(), mode: this.mode };
  }

  #makeKeeper(): VisitKeeper {
    return {
      moved: (visit, from, to) => this.#moved(visit, from, to),
      deadline: (visit) => this.#deadline(visit),
      judge: (visit, proof, hosts) => this.#judge(visit, proof, hosts),
      browse: (visit) => this.#browse(visit),
      lost: (_visit, outcome) => this.#countLost(outcome),
      stoppedBrowsing: () => {
        this.counters.browsing -= 1;
      },
    };
  }

  #moved(visit: Visit, from: Stage, to: Stage): number {
    const { open, hellos, admitted } = this.counters;
    open[from] -= 1;
    if (to !== "closed") open[to] += 1;
    if (isHandshaken(visit, from)) this.#handshaken -= 1;
    if (isHandshaken(visit, to)) this.#handshaken += 1;
    if (isUnadmitted(from) && !isUnadmitted(to)) this.#doorstep.release(visit.source);
    if (to === "tls" || (to === "head" && visit.hello === "plain")) hellos[visit.hello] += 1;
    if (to === "head") this.#countSource(visit.source);
    if (to === "admitted" && visit.lane !== undefined) {
      admitted[visit.lane] += 1;
      this.#flow.admitted += 1;
    }
    return this.#ports.clock.elapsed();
  }

  /** Whole for members and their neighbours; for others it shrinks as the room that they wait in fills. */
  #deadline(visit: Visit): number {
    const { peekMs, tlsMs, headMs, proofMs, pressedMs, unadmittedMax, handshakenMax } = this.limits;
    const { stage } = visit;
    if (stage === "admitted" || stage === "closed") return Number.POSITIVE_INFINITY;
    const wholeMs = { accept: peekMs, peek: peekMs, tls: tlsMs, head: headMs, proof: proofMs }[stage];
    const isSpared = visit.isTrusted || visit.hello === "member";
    const behind = isHandshaken(visit, stage) ? this.#handshaken / handshakenMax : 0;
    const fullness = isSpared ? 0 : Math.max(behind, this.counters.unadmitted / unadmittedMax);
    const shrunk = Math.min(1, Math.max(0, 4 * (fullness - 0.5)));
    const allowedMs = wholeMs - shrunk * Math.max(0, wholeMs - pressedMs);
    return allowedMs - (this.#ports.clock.elapsed() - visit.enteredAt);
  }

  async #judge(visit: Visit, proof: Uint8Array, hosts: readonly string[] | undefined): Promise<Judgement> {
    this.#admission.press(this.pressure);
    return this.#admission.judge({ source: visit.source, proof, hosts });
  }

  #browse(visit: Visit): boolean {
    if (this.counters.browsing >= this.limits.browsingMax) return false;
    if (!this.#admission.takeForWebsite(visit.source, visit.hello === "member")) return false;
    this.counters.browsing += 1;
    return true;
  }

  #countLost(outcome: Outcome): void {
    this.counters.countLost(outcome);
    if (outcome !== "website" && outcome !== "stopping") this.#flow.lost += 1;
  }

  #countSource(source: Source): void {
    this.counters.countSource(source, this.#ports.places?.country(source.address) ?? "");
  }
}

function isHandshaken(visit: Visit, stage: Stage): boolean {
  return visit.hello !== "plain" && (stage === "head" || stage === "proof");
}

function isUnadmitted(stage: Stage): boolean {
  return stage !== "admitted" && stage !== "closed";
}
