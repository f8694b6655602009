import type { ErrorCode } from "@rempart/protocol";

/** What the core counts. Numbers only, and none that tells one log, account or connection from another. */
export class Counters {
  connections = 0;
  connectionsTotal = 0;
  requests = 0;
  receivedBytes = 0;
  sentBytes = 0;
  subscriptions = 0;
  appends = 0;
  repeatedAppends = 0;
  /** Entries handed to subscribers as they arrived. */
  liveEntries = 0;
  /** Entries handed to subscribers out of the store. */
  caughtUpEntries = 0;
  /** Subscriptions sent back to the store because their reader was slow or an announcement was missed. */
  fallsBehind = 0;
  readonly errors = new Map<ErrorCode, number>();

  countError(code: ErrorCode): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}
