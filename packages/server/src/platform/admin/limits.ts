/** Bounds of the operators' view. */
export const adminLimits = {
  /** Prefixes whose place is looked up in one second: about 2 ms of the event loop. */
  surveyed: 2_000,
  /** Sources of each kind that are named; the others are "other". */
  sources: 20,
  /** A country or network with fewer prefixes than this is "other" in metrics: fewer could point at people. */
  cellPrefixesMin: 20,
  /** How long one point of the history is, seconds, and how many there are: 15 minutes. */
  pointSeconds: 5,
  points: 180,
  /** Changes of mode that are remembered. */
  changes: 8,
  /** The body of a request, bytes: one address. */
  bodyBytes: 256,
  /** The head of a request, bytes. */
  headBytes: 8_192,
  /** Connections open at once. */
  connections: 64,
} as const;
