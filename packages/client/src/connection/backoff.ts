/** When to try again: full jitter, so that clients that lost a server together do not return together. */
import { clientLimits } from "../limits.ts";

/**
 * Milliseconds to wait before attempt `failures + 1`. `fraction` is uniform in [0, 1). `atLeastMs` is what the other
 * side asked for: it is waited for, and up to as long again, within bounds. Where nothing was asked for, the jitter
 * doubles with every failure.
 */
export function retryDelayMs(failures: number, fraction: number, atLeastMs = 0): number {
  const { retryDelayMsMin, retryDelayMsMax, retryAfterMsMax } = clientLimits;
  const toldMs = Math.min(atLeastMs, retryAfterMsMax);
  const jitterMs = toldMs > 0 ? Math.max(toldMs, retryDelayMsMin) : retryDelayMsMin * 2 ** Math.min(failures, 16);
  return Math.round(toldMs + Math.min(retryDelayMsMax, jitterMs) * fraction);
}

/** A uniform fraction in [0, 1) out of four random bytes. */
export function fractionOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}
