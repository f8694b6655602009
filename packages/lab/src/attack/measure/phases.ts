import type { Transaction } from "../honest/ledger.ts";
import type { Observation, Times } from "./observation.ts";

const quietMarginMs = 500;

export type Phase = "quiet" | "attack" | "after";

/** The transactions that were due in one phase. */
export function inPhase(
  { transactions, times }: Pick<Observation, "times" | "transactions">,
  phase: Phase,
): Transaction[] {
  const [from, to] = boundsOf(times, phase);
  return transactions.filter(({ at }) => at >= from && at < to);
}

/** When a phase began and ended: what was due in it, and what was seen. */
export function boundsOf(times: Times, phase: Phase): [number, number] {
  // What was due in the last moment may still have been under way when the attack began.
  if (phase === "quiet") return [times.quiet, times.attack - quietMarginMs];
  return phase === "attack" ? [times.attack, times.after] : [times.after, times.end];
}
