/** Who is behind the completed handshakes: by prefix, country and network. Never by address. */
import type { GateCounters } from "@rempart/gate";
import { adminLimits as limits } from "./limits.ts";

/** Where an address is registered, as far as a table knows; answers from memory. */
export interface PlaceTable {
  lookup(address: string): { readonly country: string; readonly network: number };
}

export interface Cell {
  /** `DE`, `AS64512`, or `unknown`. */
  readonly name: string;
  /** Different prefixes, of those that the gate remembers. */
  readonly prefixes: number;
  /** Handshakes completed since the start, from these prefixes. */
  readonly handshakes: number;
}

export interface Sources {
  /** The busiest prefixes. */
  readonly prefixes: readonly { readonly name: string; readonly handshakes: number }[];
  /** All of them, the busiest first. */
  readonly countries: readonly Cell[];
  readonly networks: readonly Cell[];
  /** Handshakes of prefixes that the gate no longer remembers one by one. */
  readonly forgotten: number;
}

export const noSources: Sources = { prefixes: [], countries: [], networks: [], forgotten: 0 };

/**
 * Goes through the gate's tally of prefixes a slice at a time, so that a large one costs no request its time. What it
 * answers is the last round that it finished: at most some thirty seconds old.
 */
export class SourceSurvey {
  readonly #counters: GateCounters;
  readonly #table: PlaceTable;
  #round: Round;
  #sources = noSources;

  constructor(counters: GateCounters, table: PlaceTable) {
    this.#counters = counters;
    this.#table = table;
    this.#round = new Round(counters.prefixes.counts);
  }

  get sources(): Sources {
    return this.#sources;
  }

  /** Goes on for one slice. */
  step(): void {
    const isDone = this.#round.go(limits.surveyed, this.#table);
    if (!isDone) return;
    this.#sources = this.#round.sources(this.#counters.prefixes.other);
    this.#round = new Round(this.#counters.prefixes.counts);
  }
}

class Round {
  readonly #rest: Iterator<[string, number]>;
  readonly #countries = new Map<string, Cell>();
  readonly #networks = new Map<string, Cell>();
  #top: { readonly name: string; readonly handshakes: number }[] = [];

  constructor(counts: ReadonlyMap<string, number>) {
    this.#rest = counts[Symbol.iterator]();
  }

  /** Whether the round is done. */
  go(count: number, table: PlaceTable): boolean {
    for (let done = 0; done < count; done += 1) {
      const { done: isEnd, value } = this.#rest.next();
      if (isEnd === true) return true;
      const [prefix, handshakes] = value;
      const { country, network } = table.lookup(prefix.split("/", 1)[0] ?? "");
      add(this.#countries, country === "" ? "unknown" : country, handshakes);
      add(this.#networks, network === 0 ? "unknown" : `AS${network}`, handshakes);
      this.#rank(prefix, handshakes);
    }
    return false;
  }

  sources(forgotten: number): Sources {
    const sorted = (cells: Map<string, Cell>) => [...cells.values()].sort((a, b) => b.handshakes - a.handshakes);
    return { prefixes: this.#top, countries: sorted(this.#countries), networks: sorted(this.#networks), forgotten };
  }

  #rank(name: string, handshakes: number): void {
    const last = this.#top[limits.sources - 1];
    if (last !== undefined && last.handshakes >= handshakes) return;
    this.#top = [...this.#top, { name, handshakes }]
      .sort((a, b) => b.handshakes - a.handshakes)
      .slice(0, limits.sources);
  }
}

function add(cells: Map<string, Cell>, name: string, handshakes: number): void {
  const cell = cells.get(name);
  cells.set(name, { name, prefixes: (cell?.prefixes ?? 0) + 1, handshakes: (cell?.handshakes ?? 0) + handshakes });
}

/** The largest cells with enough prefixes; all the others are one, `other`, and so is what was forgotten. */
export function publishable(cells: readonly Cell[], forgotten: number): readonly Cell[] {
  const named = cells.filter(({ prefixes }) => prefixes >= limits.cellPrefixesMin).slice(0, limits.sources);
  const rest = cells.filter((cell) => !named.includes(cell));
  const sum = (of: (cell: Cell) => number) => rest.reduce((total, cell) => total + of(cell), 0);
  const other = {
    name: "other",
    prefixes: sum((cell) => cell.prefixes),
    handshakes: sum((cell) => cell.handshakes) + forgotten,
  };
  return [...named, other];
}
