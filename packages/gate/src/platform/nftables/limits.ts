/** Bounds of what is handed to the kernel. */
export const nftablesLimits = {
  /** Prefixes denied at once. The kernel's sets are larger, so that a batch never fails for space. */
  denied: 60_000,
  /** Elements of a set of the kernel: about 100 bytes each. */
  setElements: 65_536,
  /** Prefixes in one batch; the others wait for the next second. */
  batch: 4_096,
  /** New connections of one IPv4 address, or one /64 of IPv6, in a second: a town behind one address stays below. */
  ratePerSecond: 200,
  /** What an address may do at once before the rate counts. */
  rateBurst: 400,
  /** How long a rate is remembered, seconds. */
  rateSeconds: 60,
  /** How long nft may take, milliseconds. */
  commandMs: 5_000,
  /** What nft may print, bytes. */
  outputBytes: 1_024 * 1_024,
  /** Ends of a denial that differ by less than this are the same, milliseconds. */
  endToleranceMs: 2_000,
  /** After a failure the table is put back no sooner than this, milliseconds. */
  retryMs: 10_000,
} as const;
