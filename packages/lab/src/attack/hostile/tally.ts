/** The attackers' own books: what they did and what became of it. The published counters are held against these. */
export interface Tally {
  /** Hostile attempts: what the ratio counts. */
  attempts: number;
  /** TCP connections that were made. */
  connected: number;
  /** TLS handshakes that were finished. */
  handshakes: number;
  /** Upgrades answered with 101, or a rival's stream or session opened. */
  opened: number;
  /** Answered like anybody who asks for the website, or refused in HTTP. */
  website: number;
  /** Proofs (a rival's credentials) that were taken. */
  admitted: number;
  /** Proofs (a rival's credentials) that were refused in so many words. */
  refused: number;
  /** Connections that the subject ended: by a reset, or in order. */
  reset: number;
  ended: number;
  /** Connections that the attackers ended. */
  left: number;
  /** Connections that never came about, for whatever reason of this machine's. */
  failed: number;
  /** Tickets, tokens or solutions that were accepted more often than once. */
  reused: number;
  /** Requests that a member made, and those that were answered. */
  requests: number;
  answered: number;
  bytesSent: number;
  /** Attempts that the generator could not make in time. */
  missed: number;
  /** Connections open now, and the most there were. */
  held: number;
  heldMax: number;
}

export function newTally(): Tally {
  return {
    attempts: 0,
    connected: 0,
    handshakes: 0,
    opened: 0,
    website: 0,
    admitted: 0,
    refused: 0,
    reset: 0,
    ended: 0,
    left: 0,
    failed: 0,
    reused: 0,
    requests: 0,
    answered: 0,
    bytesSent: 0,
    missed: 0,
    held: 0,
    heldMax: 0,
  };
}
