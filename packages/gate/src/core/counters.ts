import type { GateServerLimits } from "../limits.ts";
import type { Lane, Outcome, Source, Stage } from "./types.ts";

/** Counts by key, for so many keys at most: what has to make room is added to `other`, oldest first. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #keysMax: number;
  #other = 0;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** Keys and their counts, and what is counted under none of them any more. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get other(): number {
    return this.#other;
  }

  add(key: string): void {
    const count = this.#counts.get(key);
    if (count === undefined && this.#counts.size >= this.#keysMax) this.#forgetOne();
    this.#counts.set(key, (count ?? 0) + 1);
  }

  #forgetOne(): void {
    for (const [key, count] of this.#counts) {
      this.#other += count;
      this.#counts.delete(key);
      return;
    }
  }
}

/**
 * What the gate counts. Labels come from closed sets (stages, outcomes, lanes), and sources are counted for completed
 * handshakes only: whoever floods with forged addresses is not in them.
 */
export class GateCounters {
  /** Connections that came, refused ones included. */
  arrivals = 0;
  /** Connections open now, by the state that they are in; `closed` counts nothing. */
  readonly open: Record<Stage, number> = { accept: 0, peek: 0, tls: 0, head: 0, proof: 0, admitted: 0, closed: 0 };
  /** Connections open now to the ordinary website; they are in none of the states. */
  browsing = 0;
  /** Connections that ended before admission, by why. */
  readonly lost = new Map<Outcome, number>();
  /** Admissions by lane; A admits nobody, it is inside. */
  readonly admitted: Record<Lane, number> = { A: 0, B: 0, C: 0, D: 0, E: 0 };
  /** Hellos by how they were recognised. */
  readonly hellos = { member: 0, stranger: 0, plain: 0 };
  ticketsIssued = 0;
  invalidProofs = 0;
  /** Times that a prefix was put on the deny list. */
  denials = 0;
  /** Proofs that were refused because the spent set could not say, or a port threw. */
  storeFailures = 0;
  readonly prefixes: Tally;
  readonly networks: Tally;
  readonly countries: Tally;

  constructor(limits: Pick<GateServerLimits, "prefixesMax" | "networksMax">) {
    this.prefixes = new Tally(limits.prefixesMax);
    this.networks = new Tally(limits.networksMax);
    this.countries = new Tally(limits.networksMax);
  }

  /** Connections open that are not admitted. */
  get unadmitted(): number {
    const { accept, peek, tls, head, proof } = this.open;
    return accept + peek + tls + head + proof;
  }

  /** All connections open. */
  get connections(): number {
    return this.unadmitted + this.open.admitted + this.browsing;
  }

  countLost(outcome: Outcome): void {
    this.lost.set(outcome, (this.lost.get(outcome) ?? 0) + 1);
  }

  /** One completed handshake. `country` is `""` when unknown. */
  countSource(source: Source, country: string): void {
    this.prefixes.add(source.prefix);
    this.networks.add(String(source.network));
    this.countries.add(country);
  }
}
