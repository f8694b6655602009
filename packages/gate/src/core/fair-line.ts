import { Line, type Place } from "./line.ts";
import type { Visit } from "./visit.ts";

/** How little a prefix was served decides when it is next; from this level on it makes no difference any more. */
const levelsMax = 8;
/** Of prefixes that come after all others. */
const lastLevel = levelsMax;

/** Those of one prefix who wait, and where the prefix stands itself. */
interface Party {
  readonly prefix: string;
  readonly visits: Line<Waiting>;
  level: number;
  place: Place<Party> | undefined;
}

interface Waiting {
  readonly visit: Visit;
  readonly since: number;
  readonly party: Party;
  placeInParty: Place<Waiting> | undefined;
  placeInAll: Place<Waiting> | undefined;
}

interface FairLineOptions {
  readonly sizeMax: number;
  readonly sizePerPrefixMax: number;
  /** Age of the oldest above which the newest goes first. */
  readonly oldMs: number;
  /** What the prefix was served of late. */
  readonly served: (prefix: string, elapsed: number) => number;
  /** Whether the prefix comes after all others, whatever it was served. */
  readonly isLast: (prefix: string, elapsed: number) => boolean;
}

/**
 * A line that is fair by prefix: the prefix that was served least of late is next. Within a prefix, and
 * among prefixes that were served alike, first come, first served; once the line is old, last come. Every step takes
 * constant time, however many wait.
 */
export class FairLine {
  readonly #options: FairLineOptions;
  readonly #all = new Line<Waiting>();
  readonly #byVisit = new Map<Visit, Waiting>();
  readonly #parties = new Map<string, Party>();
  readonly #levels = Array.from({ length: levelsMax + 1 }, () => new Line<Party>());

  constructor(options: FairLineOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How long the oldest waits, 0 when nobody does. */
  ageMs(elapsed: number): number {
    return this.#all.first === undefined ? 0 : elapsed - this.#all.first.since;
  }

  /** Whether one more of this prefix would push somebody out. */
  isFullFor(prefix: string): boolean {
    return this.#oldestTooMany(prefix) !== undefined;
  }

  /** Puts a visit in line. Returns whom that pushes out: the oldest of its prefix, or of all. */
  enter(visit: Visit, elapsed: number): Visit | undefined {
    const out = this.#oldestTooMany(visit.source.prefix);
    if (out !== undefined) this.#remove(out);
    this.#add(visit, elapsed);
    return out?.visit;
  }

  /** Takes out whoever is next. */
  next(elapsed: number): Visit | undefined {
    const line = this.#levels.find((each) => each.size > 0);
    const isOld = this.ageMs(elapsed) >= this.#options.oldMs;
    const party = isOld ? line?.last : line?.first;
    const waiting = isOld ? party?.visits.last : party?.visits.first;
    if (party === undefined || waiting === undefined) return undefined;
    this.#remove(waiting);
    return waiting.visit;
  }

  /** Takes a visit out, if it is here. */
  leave(visit: Visit): boolean {
    const waiting = this.#byVisit.get(visit);
    if (waiting !== undefined) this.#remove(waiting);
    return waiting !== undefined;
  }

  /** Takes out those who have waited this long, at most so many. */
  takeOlderThan(ageMs: number, { elapsed, countMax }: { elapsed: number; countMax: number }): Visit[] {
    const old: Visit[] = [];
    for (let first = this.#all.first; first !== undefined && old.length < countMax; first = this.#all.first) {
      if (elapsed - first.since < ageMs) break;
      this.#remove(first);
      old.push(first.visit);
    }
    return old;
  }

  /** What is known of a prefix has changed: those of it who wait stand accordingly from now on. */
  reorder(prefix: string, elapsed: number): void {
    const party = this.#parties.get(prefix);
    if (party === undefined) return;
    this.#stepAside(party);
    this.#stand(party, elapsed);
  }

  #oldestTooMany(prefix: string): Waiting | undefined {
    const party = this.#parties.get(prefix);
    if (party !== undefined && party.visits.size >= this.#options.sizePerPrefixMax) return party.visits.first;
    return this.#all.size >= this.#options.sizeMax ? this.#all.first : undefined;
  }

  #add(visit: Visit, elapsed: number): void {
    const party = this.#parties.get(visit.source.prefix) ?? this.#newParty(visit.source.prefix, elapsed);
    const waiting: Waiting = { visit, since: elapsed, party, placeInParty: undefined, placeInAll: undefined };
    waiting.placeInParty = party.visits.enter(waiting);
    waiting.placeInAll = this.#all.enter(waiting);
    this.#byVisit.set(visit, waiting);
  }

  #newParty(prefix: string, elapsed: number): Party {
    const party: Party = { prefix, visits: new Line<Waiting>(), level: 0, place: undefined };
    this.#parties.set(prefix, party);
    this.#stand(party, elapsed);
    return party;
  }

  #remove(waiting: Waiting): void {
    const { party, placeInParty, placeInAll } = waiting;
    if (placeInParty !== undefined) party.visits.leave(placeInParty);
    if (placeInAll !== undefined) this.#all.leave(placeInAll);
    this.#byVisit.delete(waiting.visit);
    if (party.visits.size > 0) return;
    this.#stepAside(party);
    this.#parties.delete(party.prefix);
  }

  #stand(party: Party, elapsed: number): void {
    party.level = this.#levelOf(party.prefix, elapsed);
    party.place = this.#levels[party.level]?.enter(party);
  }

  #stepAside(party: Party): void {
    if (party.place !== undefined) this.#levels[party.level]?.leave(party.place);
    party.place = undefined;
  }

  #levelOf(prefix: string, elapsed: number): number {
    if (this.#options.isLast(prefix, elapsed)) return lastLevel;
    // What was served more than `servedMs` ago has faded to about a third, and counts as nothing.
    const served = Math.ceil(this.#options.served(prefix, elapsed) - 0.37);
    return Math.min(levelsMax - 1, Math.max(0, served));
  }
}
