/** The words that the gate's parts share: who comes, by which lane, and what became of him. */

/** A: inside already. B: returning. C: with a token. D: with proof of work. E: with nothing. */
export type Lane = "A" | "B" | "C" | "D" | "E";

/** Where a connection comes from, as far as the gate looks. Never leaves memory except as counts. */
export interface Source {
  /** IPv4 (`198.51.100.7`) or IPv6 in its shortest form; mapped IPv4 addresses are IPv4. */
  readonly address: string;
  /** /24 of IPv4, /48 of IPv6, as `198.51.100.0/24`. */
  readonly prefix: string;
  /** Number of the network that announces it; 0 when no table knows it. */
  readonly network: number;
}

/** Members by their hello; strangers of trusted prefixes; of familiar networks; all other strangers. */
export type Standing = "member" | "known" | "familiar" | "other";

/** How a connection's first bytes were recognised, before any TLS work. */
export type HelloKind =
  /** A session ticket of the members' context, within its uses; or of a stranger's session that was admitted since. */
  | "member"
  | "stranger"
  /** No TLS on this listener: nothing to recognise. */
  | "plain";

/** The states of a connection, in order. */
export type Stage = "accept" | "peek" | "tls" | "head" | "proof" | "admitted" | "closed";

/** Why a connection was let go before it was admitted: the labels of the counters, one place for all of them. */
export type Outcome =
  | "accept-rate"
  | "accept-prefix"
  | "accept-denied"
  | "accept-full"
  | "accept-reset"
  | "peek-timeout"
  | "peek-junk"
  | "peek-too-long"
  | "peek-reset"
  | "tls-shed"
  | "tls-timeout"
  | "tls-error"
  | "head-timeout"
  | "head-junk"
  | "head-too-long"
  | "head-origin"
  | "head-reset"
  | "website"
  | "proof-timeout"
  | "proof-junk"
  | "proof-reset"
  | "ticket-forged"
  | "ticket-expired"
  | "ticket-spent"
  | "ticket-shed"
  | "token-forged"
  | "token-expired"
  | "token-unknown-key"
  | "token-spent"
  | "token-shed"
  | "work-seed"
  | "work-low"
  | "work-wrong"
  | "work-replayed"
  | "work-shed"
  | "none-shed"
  | "store-failed"
  | "stopping";

/** What the shell measures about its process since the last tick. */
export interface Load {
  /** p99 of the event loop's delay, milliseconds. */
  readonly loopDelayP99Ms: number;
  /** Share of the time in which the event loop had work to do, 0 to 1: at 1 the kernel's queue grows where nobody sees it. */
  readonly loopBusyShare: number;
  /** Age of the oldest handshake that waits, milliseconds. */
  readonly handshakeQueueAgeMs: number;
  /** Connections that the kernel dropped because the accept queue was full. */
  readonly acceptOverflows: number;
  /** Connections open now, and those of them not admitted. */
  readonly connections: number;
  readonly unadmitted: number;
  /** Resident memory over what the operator allows, 0 to 1 and above. */
  readonly memoryShare: number;
}
