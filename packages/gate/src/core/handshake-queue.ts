import type { GateServerLimits } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { type Bucket, levelOf } from "./bucket.ts";
import { FairLine } from "./fair-line.ts";
import { Line, type Place } from "./line.ts";
import type { PrefixBook } from "./prefix-book.ts";
import { Served } from "./served.ts";
import type { Outcome, Standing } from "./types.ts";
import type { Visit } from "./visit.ts";

/** In hundredths: how handshakes are shared out while all wait, and up to where each fills the places in flight. */
const classes = {
  member: { share: 75, placesUpTo: 100 },
  known: { share: 12, placesUpTo: 75 },
  familiar: { share: 8, placesUpTo: 65 },
  other: { share: 5, placesUpTo: 50 },
} as const;
const names = ["member", "known", "familiar", "other"] as const;
/** Part of a class's places that stalled handshakes are cleared out of before anybody waits for one. */
const spareShare = 0.125;

/** CPU of a handshake that nobody has measured yet, and bounds of what is believed of one, in milliseconds. */
const costMsFirst = 1;
const costMsMin = 0.2;
const costMsMax = 8;

interface Begun {
  readonly name: Standing;
  readonly at: number;
  readonly estimateMs: number;
  /** Its place among those of its class that were begun of late. */
  recent: Place<Begun> | undefined;
}

interface HandshakeQueueOptions {
  readonly clock: Clock;
  readonly limits: GateServerLimits;
  readonly book: PrefixBook;
  /** Connections that are through with TLS and not admitted. */
  readonly handshaken: () => number;
}

/**
 * Who gets his TLS handshake next. The shell pushes a visit when its hello is recognised, calls `next` until it gives
 * nobody more (in every turn of the event loop, or every few milliseconds, while somebody waits), tells `finished` when
 * a handshake is done or has failed, and closes whom `sweep` returns.
 *
 * While members wait they begin three of four handshakes; of the others, strangers of members' prefixes have about half,
 * those of members' networks a third, fairly by prefix. What a class does not use the others have.
 */
export class HandshakeQueue {
  /** Handshakes begun while a member waited, by who began them. */
  readonly contested = { member: 0, stranger: 0 };
  readonly #options: HandshakeQueueOptions;
  readonly #lines: Readonly<Record<Standing, FairLine>>;
  readonly #served: Served;
  /** In the order in which they were begun. */
  readonly #begun = new Map<Visit, Begun>();
  readonly #begunByClass: Record<Standing, number> = { member: 0, known: 0, familiar: 0, other: 0 };
  readonly #recent: Readonly<Record<Standing, Line<Begun>>> = {
    member: new Line(),
    known: new Line(),
    familiar: new Line(),
    other: new Line(),
  };
  readonly #begunByPrefix = new Map<string, number>();
  /** Pushed out, until the next sweep. */
  #out: Visit[] = [];
  /** How much each class was served, by its share: the least served is next (start-time fair queueing). */
  readonly #progress: Record<Standing, number> = { member: 0, known: 0, familiar: 0, other: 0 };
  #progressNow = 0;
  /** Milliseconds of CPU left. Goes below zero for what was begun on too low an estimate. */
  readonly #cpu: Bucket;
  #costMs = costMsFirst;

  constructor(options: HandshakeQueueOptions) {
    const { limits, clock, book } = options;
    this.#options = options;
    this.#served = new Served({ keysMax: limits.prefixesMax, fadeMs: limits.servedMs });
    this.#cpu = { level: limits.handshakeTurnMs, at: clock.elapsed() };
    const line = (sizePerPrefixMax: number) =>
      new FairLine({
        sizeMax: limits.handshakesWaitingMax,
        sizePerPrefixMax,
        oldMs: limits.handshakeOldMs,
        served: (prefix, elapsed) => this.#served.of(prefix, elapsed),
        isLast: (prefix, elapsed) => book.invalidProofs(prefix, elapsed) > 0 || this.#hasManyBegun(prefix),
      });
    const perPrefix = limits.handshakesWaitingPerPrefixMax;
    const perTrustedPrefix = perPrefix * limits.trustedPrefixFactor;
    this.#lines = {
      member: line(perTrustedPrefix),
      known: line(perTrustedPrefix),
      familiar: line(perPrefix),
      other: line(perPrefix),
    };
  }

  /** How long the oldest hello has waited, in milliseconds; 0 when none waits. For `Load`. */
  get oldestAgeMs(): number {
    const elapsed = this.#options.clock.elapsed();
    return Math.max(...names.map((name) => this.#lines[name].ageMs(elapsed)));
  }

  /** Hellos that wait. */
  get waiting(): number {
    return names.reduce((sum, name) => sum + this.#lines[name].size, 0);
  }

  /** Handshakes that were begun and have not ended. */
  get inFlight(): number {
    return this.#begun.size;
  }

  /** What a handshake is taken to cost, in milliseconds of CPU. */
  get costMs(): number {
    return this.#costMs;
  }

  /** Puts a visit in line, by its `hello` and prefix. An outcome means that there is no room: close it with `lost`. */
  push(visit: Visit): Outcome | undefined {
    const name = visit.standing;
    // Only who would push somebody out: a member is not sent away because strangers have pushed each other out.
    const isCrowded = this.#out.length >= this.#options.limits.handshakesWaitingMax;
    if (isCrowded && this.#lines[name].isFullFor(visit.source.prefix)) return "tls-shed";
    if (this.#lines[name].size === 0) this.#progress[name] = Math.max(this.#progress[name], this.#progressNow);
    const out = this.#lines[name].enter(visit, this.#options.clock.elapsed());
    if (out !== undefined) this.#out.push(out);
    return undefined;
  }

  /** Whose handshake to begin now; nobody when none waits, too many are in flight, or the CPU's share is used up. */
  next(): Visit | undefined {
    const elapsed = this.#options.clock.elapsed();
    if (this.#cpuLeft(elapsed) <= 0) return undefined;
    const isContested = this.#lines.member.size > 0;
    const name = this.#nextClass(elapsed);
    if (name === undefined) return undefined;
    const visit = this.#lines[name].next(elapsed);
    if (visit === undefined) return undefined;
    if (isContested) this.contested[name === "member" ? "member" : "stranger"] += 1;
    this.#progressNow = this.#progress[name];
    this.#progress[name] += 100 / classes[name].share;
    this.#begin(visit, { name, at: elapsed, estimateMs: this.#costMs, recent: undefined });
    return visit;
  }

  /** Forgets a visit that waits or whose handshake is in flight: its connection has closed. Harmless for any other. */
  drop(visit: Visit): void {
    this.#end(visit);
    if (this.#lines[visit.standing].leave(visit)) return;
    const at = this.#out.indexOf(visit);
    if (at !== -1) this.#out.splice(at, 1);
  }

  /** A handshake has ended, well or badly. `cpuMs`: the CPU that it took (not its duration); 0 when nobody knows. */
  finished(visit: Visit, cpuMs: number): void {
    const begun = this.#end(visit);
    if (begun === undefined || !(cpuMs > 0)) return;
    const believed = Math.min(costMsMax, Math.max(costMsMin, cpuMs));
    this.#costMs += (believed - this.#costMs) / 16;
    this.#cpu.level -= believed - begun.estimateMs;
  }

  /** Whom to close now, each with `lost("tls-shed")`: waited too long, pushed out, or stalled while others wait. */
  sweep(): Visit[] {
    const { clock, limits } = this.#options;
    const elapsed = clock.elapsed();
    const out = this.#out;
    this.#out = [];
    const late = names.flatMap((name) => {
      const ageMs = name === "member" ? limits.tlsMs : limits.handshakeWaitMsMax;
      return this.#lines[name].takeOlderThan(ageMs, { elapsed, countMax: limits.handshakesWaitingMax });
    });
    return [...out, ...late, ...this.#stalled(elapsed)];
  }

  /** Strangers who make no end, the oldest first: as many as wait for a place, and a few for those who come next. */
  #stalled(elapsed: number): Visit[] {
    const { handshakeStallMs } = this.#options.limits;
    const missing = names.map(
      (name) => this.#lines[name].size + this.#placesOf(name) * spareShare - this.#placesFree(name),
    );
    const needed = Math.max(...missing);
    const stalled: Visit[] = [];
    for (const [visit, { name, at }] of this.#begun) {
      if (stalled.length >= needed || elapsed - at < handshakeStallMs) break;
      if (name !== "member") stalled.push(visit);
    }
    for (const visit of stalled) this.#end(visit);
    return stalled;
  }

  #nextClass(elapsed: number): Standing | undefined {
    let next: Standing | undefined;
    for (const name of names) {
      if (this.#lines[name].size === 0) continue;
      if (this.#placesFree(name) <= 0 || !this.#isAnswered(name, elapsed)) {
        // A class that has no place saves nothing up: it would take all turns once it has one.
        this.#progress[name] = Math.max(this.#progress[name], this.#progressNow);
      } else if (next === undefined || this.#progress[name] < this.#progress[next]) next = name;
    }
    return next;
  }

  /** How many more of this class may be in flight: the classes above it always find places that it cannot take. */
  #placesFree(name: Standing): number {
    const { limits, handshaken } = this.#options;
    const ofClassAndBelow = names.slice(names.indexOf(name)).reduce((sum, each) => sum + this.#begunByClass[each], 0);
    const behind = limits.handshakenMax * (name === "member" ? 1 : 0.75) - this.#begun.size - handshaken();
    return Math.min(behind, limits.handshakesInFlightMax - this.#begun.size, this.#placesOf(name) - ofClassAndBelow);
  }

  /**
   * Whether not too many were begun a moment ago and have not ended. All that are in flight may end in the same moment, and
   * whoever is inside then waits for all of them: it is of no use to begin more than their peers can answer.
   */
  #isAnswered(name: Standing, elapsed: number): boolean {
    if (name === "member") return true;
    const { handshakesRecentMax, handshakeRecentMs } = this.#options.limits;
    const recent = this.#recent[name];
    for (let first = recent.first; first?.recent !== undefined; first = recent.first) {
      if (elapsed - first.at < handshakeRecentMs) break;
      recent.leave(first.recent);
      first.recent = undefined;
    }
    return recent.size < handshakesRecentMax;
  }

  /** Places that this class and those below it may have together. */
  #placesOf(name: Standing): number {
    return (this.#options.limits.handshakesInFlightMax * classes[name].placesUpTo) / 100;
  }

  #begin(visit: Visit, begun: Begun): void {
    this.#cpu.level -= begun.estimateMs;
    this.#begun.set(visit, begun);
    this.#begunByClass[begun.name] += 1;
    begun.recent = this.#recent[begun.name].enter(begun);
    const { prefix } = visit.source;
    this.#begunByPrefix.set(prefix, (this.#begunByPrefix.get(prefix) ?? 0) + 1);
    this.#served.add(prefix, begun.at);
    this.#lines[begun.name].reorder(prefix, begun.at);
  }

  #end(visit: Visit): Begun | undefined {
    const begun = this.#begun.get(visit);
    if (begun === undefined) return undefined;
    this.#begun.delete(visit);
    this.#begunByClass[begun.name] -= 1;
    if (begun.recent !== undefined) this.#recent[begun.name].leave(begun.recent);
    const left = (this.#begunByPrefix.get(visit.source.prefix) ?? 1) - 1;
    if (left > 0) this.#begunByPrefix.set(visit.source.prefix, left);
    else this.#begunByPrefix.delete(visit.source.prefix);
    this.#lines[begun.name].reorder(visit.source.prefix, this.#options.clock.elapsed());
    return begun;
  }

  #hasManyBegun(prefix: string): boolean {
    return (this.#begunByPrefix.get(prefix) ?? 0) >= this.#options.limits.handshakesInFlightPerPrefixMax;
  }

  #cpuLeft(elapsed: number): number {
    const { handshakeCpuPercent, handshakeTurnMs } = this.#options.limits;
    // Percent of a millisecond each millisecond: ten times as many milliseconds a second.
    this.#cpu.level = levelOf(this.#cpu, { perSecond: 10 * handshakeCpuPercent, max: handshakeTurnMs }, elapsed);
    this.#cpu.at = elapsed;
    return this.#cpu.level;
  }
}
