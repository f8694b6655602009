/** OpenMetrics text: numbers about the whole server, with no label that names or links anything. */
import type { Counters } from "../core/counters.ts";
import { counter, gauge } from "./admin/open-metrics.ts";
import type { CommitReport } from "./sqlite-store/batch.ts";

/** Cumulative counts of values up to each bound. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  record(value: number): void {
    this.#count += 1;
    this.#sum += value;
    const index = this.#bounds.findIndex((bound) => value <= bound);
    if (index !== -1) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  lines(name: string, help: string): string[] {
    let cumulated = 0;
    const buckets = this.#bounds.map((bound, index) => {
      cumulated += this.#counts[index] ?? 0;
      return `${name}_bucket{le="${bound}"} ${cumulated}`;
    });
    return [
      `# TYPE ${name} histogram`,
      `# HELP ${name} ${help}`,
      ...buckets,
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_count ${this.#count}`,
      `${name}_sum ${this.#sum}`,
    ];
  }
}

export class Metrics {
  readonly #counters: Counters;
  readonly #more: () => readonly string[];
  readonly #commitSeconds = new Histogram([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]);
  readonly #commitOperations = new Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096]);

  /** `more` gives the lines of other parts of the server. */
  constructor(counters: Counters, more: () => readonly string[] = () => []) {
    this.#counters = counters;
    this.#more = more;
  }

  recordCommit({ operations, commitMs }: CommitReport): void {
    if (commitMs === undefined) return;
    this.#commitSeconds.record(commitMs / 1_000);
    this.#commitOperations.record(operations);
  }

  /** The exposition: `application/openmetrics-text; version=1.0.0`. */
  text(): string {
    const counters = this.#counters;
    const lines = [
      ...gauge("rempart_connections", "Open connections.", counters.connections),
      ...gauge("rempart_subscriptions", "Subscriptions of open connections.", counters.subscriptions),
      ...counter("rempart_connections_opened", "Connections since the start.", counters.connectionsTotal),
      ...counter("rempart_requests", "Frames received.", counters.requests),
      ...counter("rempart_received_bytes", "Bytes of frames received.", counters.receivedBytes),
      ...counter("rempart_sent_bytes", "Bytes of frames sent.", counters.sentBytes),
      ...counter("rempart_appends", "Appends acknowledged.", counters.appends),
      ...counter("rempart_repeated_appends", "Appends that were there already.", counters.repeatedAppends),
      ...counter("rempart_live_entries", "Entries sent as they arrived.", counters.liveEntries),
      ...counter("rempart_caught_up_entries", "Entries sent out of the store.", counters.caughtUpEntries),
      ...counter("rempart_falls_behind", "Subscriptions sent back to the store.", counters.fallsBehind),
      ...this.#errorLines(),
      ...gauge("rempart_memory_bytes", "Resident memory of the process.", process.memoryUsage.rss()),
      ...this.#commitSeconds.lines("rempart_commit_seconds", "Time of a commit, fsync included."),
      ...this.#commitOperations.lines("rempart_commit_operations", "Operations in one commit."),
      ...this.#more(),
      "# EOF",
    ];
    return `${lines.join("\n")}\n`;
  }

  #errorLines(): string[] {
    const samples = [...this.#counters.errors].sort(([a], [b]) => (a < b ? -1 : 1));
    return counter(
      "rempart_errors",
      "Error replies by code.",
      samples.map(([code, count]) => [{ code }, count]),
    );
  }
}
