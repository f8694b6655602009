/** Randomness of one engine: every life of a device draws from a stream of its own. */
import type { Entropy } from "@rempart/session";
import type { Random } from "./random.ts";

export function engineEntropy(options: { readonly random: Random; readonly now: () => number }): Entropy {
  return { randomBytes: (length) => options.random.bytes(length), now: options.now };
}
