import type { Random } from "../../random.ts";
import { hostileSource } from "../sources.ts";
import type { Target } from "../target.ts";
import type { Dialect } from "./dialect.ts";
import type { Tally } from "./tally.ts";

/** Most connections that one attack holds at once: bounded by descriptors, and by what one generator can tend. */
export const connectionsMax = 12_000;
/** Addresses that an attack comes from. */
const sourcesMax = 4_096;

/** What members of the lab's own making hold, for attacks from inside. All bytes; nothing here is anybody else's. */
export interface Supplies {
  /** Fresh tokens, each good once. */
  readonly tokens: readonly Uint8Array[];
  /** A log that the attackers may read and write. */
  readonly log: { readonly logId: Uint8Array; readonly readKey: Uint8Array; readonly writeKey: Uint8Array } | undefined;
}

/** Where an attack takes place and what it may use. */
export class Field {
  readonly target: Target;
  readonly tally: Tally;
  readonly random: Random;
  readonly dialect: Dialect;
  readonly supplies: Supplies;
  readonly #sources: string[];

  constructor(parts: { target: Target; tally: Tally; random: Random; dialect: Dialect; supplies: Supplies }) {
    this.target = parts.target;
    this.tally = parts.tally;
    this.random = parts.random;
    this.dialect = parts.dialect;
    this.supplies = parts.supplies;
    this.#sources = Array.from({ length: sourcesMax }, () => hostileSource(parts.random));
  }

  /** One of the attack's addresses. */
  nextSource(): string {
    return this.#sources[this.random.between(0, this.#sources.length - 1)] ?? hostileSource(this.random);
  }
}
