/** What is left of an allowance, and when that was so (`elapsed()`). Plain, for there are thousands. */
export interface Bucket {
  level: number;
  at: number;
}

/** How fast a bucket fills and how much it holds. */
export interface Fill {
  readonly perSecond: number;
  readonly max: number;
}

/** What a bucket holds at `elapsed`; one that nobody has used is full. */
export function levelOf(bucket: Bucket | undefined, fill: Fill, elapsed: number): number {
  if (bucket === undefined) return fill.max;
  return Math.min(fill.max, bucket.level + ((elapsed - bucket.at) * fill.perSecond) / 1_000);
}
