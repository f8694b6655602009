/** One puzzle of the gate, while it is being solved: how far it has come, and what is still to be expected. */
import { gateLimits, hostOf, type Puzzle, type Work, type WorkTask } from "@rempart/protocol";
import type { Solver, SolverProgress } from "../ports.ts";

export interface Outlook {
  /** The mean of the time that is left, in milliseconds. */
  readonly estimateMs: number;
  /** How many of a hundred such puzzles would have been solved by now, 0 to 1. */
  readonly progress: number;
}

/** Whether a client works on it at all: no server can make it work longer than the protocol allows. */
export function isFair({ effort, validMs }: Puzzle): boolean {
  return effort >= 1 && effort <= gateLimits.effortMax && validMs > 0;
}

/**
 * What to tell a person. Tries have no memory: however long it has taken, on average it takes as long again as it did
 * at the start. So the estimate is always the mean, and the progress nears 1 without ever getting there.
 */
export function outlookOf(effort: number, { hashes, elapsedMs }: SolverProgress): Outlook {
  const expected = effort * gateLimits.workUnitHashes;
  const perMs = hashes / Math.max(1, elapsedMs);
  return { estimateMs: Math.round(expected / Math.max(perMs, 0.001)), progress: 1 - Math.exp(-hashes / expected) };
}

export interface PuzzleOptions {
  readonly solver: Solver;
  /** Origin of the server. */
  readonly server: string;
  readonly puzzle: Puzzle;
  /** 16 bytes, drawn at random for this puzzle. */
  readonly nonce: Uint8Array;
  readonly signal: AbortSignal;
  progressed(outlook: Outlook): void;
}

/** Solves it; rejects as {@link Solver.solve} does. */
export async function solvePuzzle({ solver, server, puzzle, nonce, signal, progressed }: PuzzleOptions): Promise<Work> {
  const seed = puzzle.seed.slice();
  const task: WorkTask = { seed, effort: puzzle.effort, nonce, host: hostOf(server) };
  const progress = (made: SolverProgress) => progressed(outlookOf(puzzle.effort, made));
  const solution = await solver.solve(task, { progress, signal });
  return { seed, effort: puzzle.effort, nonce, solution };
}
