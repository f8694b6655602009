import type { Auth, ProtocolError } from "@rempart/protocol";
import type { ServerLimits } from "../limits.ts";
import type { Bus, Clock, Crypto, Entropy, Store, TokenIssuer } from "../ports.ts";
import type { Counters } from "./counters.ts";
import type { Room } from "./requests.ts";
import type { Rooms } from "./rooms.ts";
import type { Turnstile } from "./turnstile.ts";

/** What the parts of one service share. */
export interface Context {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly crypto: Crypto;
  /** Absent on a server that issues no tokens. */
  readonly issuer?: TokenIssuer;
  readonly limits: ServerLimits;
  /** How the server names itself in `hello`. */
  readonly agent: string;
  readonly counters: Counters;
  readonly rooms: Rooms;
  readonly catchUpReads: Turnstile;
  /** What history and files pass, of all connections. */
  readonly bulk: Turnstile;
  /** Reserves room for a request and its reply; false when the process has as much as it may hold. */
  reserve(room: Room): boolean;
  release(room: Room): void;
  /** Made once: whoever sends too much would have one made for every frame, with its stack. */
  readonly tooMuchWaits: ProtocolError;
  readonly isStopping: boolean;
  /** Hears of errors that are nobody's input: bugs, and what the store throws that it should not. */
  report(error: unknown): void;
  /** The hash of a secret. */
  authOf(secret: Uint8Array): Auth;
}
