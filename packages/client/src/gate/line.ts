/**
 * A refused client's place in line: when it comes back, and what it does until then.
 *
 * 1. Nobody comes back before the gate's time is up, whatever is pressed; after `gone` a person may cut short only what
 *    this client adds by itself.
 * 2. A puzzle is solved only by whom the gate asked for a proof and who has no other.
 * 3. A solution is shown while its seed is good. When the seed runs out first, the gate is asked for another.
 */
import { type GateMode, gateLimits, type Puzzle } from "@rempart/protocol";
import type { WaitReason } from "../api.ts";
import { retryDelayMs } from "../connection/backoff.ts";
import { clientLimits } from "../limits.ts";
import type { Clock, Solver } from "../ports.ts";
import type { Entrance, Refusal } from "./entrance.ts";
import { isFair, type Outlook, solvePuzzle } from "./puzzle.ts";

export interface LineOptions {
  readonly clock: Clock;
  readonly entrance: Entrance;
  /** Without one, who is asked for work waits as if the gate were busy. */
  readonly solver: Solver | undefined;
  /** Uniform in [0, 1). */
  readonly fraction: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** What `view` answers has changed. */
  readonly changed: () => void;
  /** It is time to come back to this server. */
  readonly ready: (server: string) => void;
  /** The solver failed, which it should not. */
  readonly failed: (error: unknown) => void;
}

export interface LineView extends Partial<Outlook> {
  readonly why: WaitReason;
  readonly mode: GateMode;
  /** Before this, nothing is tried. */
  readonly retryAt: number;
}

interface Place {
  readonly server: string;
  view: LineView;
  /** When the gate itself would have this client back. */
  readonly allowedAt: number;
  isDue: boolean;
  isWorking: boolean;
  readonly ended: AbortController;
}

export class Line {
  readonly #options: LineOptions;
  #place: Place | undefined;
  /** Consecutive refusals. */
  #refusals = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** What is waited for; also while the client is on its way back. */
  get view(): LineView | undefined {
    return this.#place?.view;
  }

  /** Whether this server may not be asked yet. */
  holds(server: string): boolean {
    const place = this.#place;
    if (place === undefined || place.server !== server || !isHeld(place)) return false;
    return place.view.why !== "gone" || this.#options.clock.now() < place.allowedAt;
  }

  /** Takes a place after a refusal. */
  begin(server: string, refusal: Refusal): void {
    this.#leave();
    const { mode, reason, puzzle } = refusal;
    const retryAfterMs = Math.min(refusal.retryAfterMs, clientLimits.retryAfterMsMax);
    const now = this.#options.clock.now();
    const work = reason === "prove" ? this.#workFor(server, puzzle) : undefined;
    const why = reason === "gone" ? "gone" : work === undefined ? "busy" : "working";
    const delayMs = this.#delayMs(refusal, { server, retryAfterMs, isWorking: work !== undefined });
    const view = { why, mode, retryAt: now + delayMs } as const;
    const allowedAt = now + retryAfterMs;
    const place = {
      server,
      view,
      allowedAt,
      isDue: false,
      isWorking: work !== undefined,
      ended: new AbortController(),
    };
    this.#place = place;
    this.#after(place, delayMs, () => {
      place.isDue = true;
      this.#advance(place);
    });
    if (work !== undefined) void this.#solve(place, { ...refusal, puzzle: work });
  }

  #delayMs(
    { reason }: Refusal,
    { server, retryAfterMs, isWorking }: { server: string; retryAfterMs: number; isWorking: boolean },
  ): number {
    const fraction = this.#options.fraction();
    const refusals = this.#refusals++;
    if (reason === "gone") return retryDelayMs(refusals, fraction, Math.max(retryAfterMs, clientLimits.gonePauseMs));
    // Asked for a proof that this device has not and cannot make, it has nothing to come back for soon.
    const isHelpless = reason === "prove" && !isWorking && !this.#options.entrance.hasProof(server);
    return isHelpless
      ? retryAfterMs + retryDelayMs(refusals, fraction)
      : retryDelayMs(refusals, fraction, retryAfterMs);
  }

  /** Gives the place up: the client was let in, or its link was lost, or nobody wants to get in any more. */
  end(outcome: "admitted" | "lost" = "lost"): void {
    if (outcome === "admitted") this.#refusals = 0;
    this.#leave();
  }

  #leave(): void {
    this.#place?.ended.abort();
    this.#place = undefined;
  }

  #workFor(server: string, puzzle: Puzzle | undefined): Puzzle | undefined {
    const { solver, entrance } = this.#options;
    if (puzzle === undefined || solver === undefined || !isFair(puzzle)) return undefined;
    return entrance.hasProof(server) ? undefined : puzzle;
  }

  async #solve(place: Place, refusal: Refusal & { readonly puzzle: Puzzle }): Promise<void> {
    const { solver, randomBytes, entrance, clock } = this.#options;
    if (solver === undefined) return;
    const { puzzle } = refusal;
    const goodMs = Math.min(puzzle.validMs, 2 * gateLimits.seedMs);
    const until = clock.now() + goodMs;
    const expired = new AbortController();
    this.#after(place, goodMs, () => expired.abort());
    const signal = AbortSignal.any([place.ended.signal, expired.signal]);
    const progressed = (outlook: Outlook) => this.#progressed(place, outlook);
    const { server } = place;
    try {
      const work = await solvePuzzle({ solver, server, puzzle, nonce: randomBytes(16), signal, progressed });
      if (!signal.aborted) entrance.keepWork({ server, work: { kind: "work", ...work }, until });
    } catch (error) {
      if (!signal.aborted) {
        this.#solverFailed(place, refusal, error);
        return;
      }
    }
    place.isWorking = false;
    const { mode, retryAt } = place.view;
    place.view = { why: "busy", mode, retryAt };
    if (this.#place === place && isHeld(place)) this.#options.changed();
    this.#advance(place);
  }

  /** It may be that its program could not be fetched: the next refusal finds it well again, or not. */
  #solverFailed({ server }: Place, refusal: Refusal, error: unknown): void {
    this.begin(server, { ...refusal, puzzle: undefined });
    this.#options.changed();
    this.#options.failed(error);
  }

  #progressed(place: Place, outlook: Outlook): void {
    if (this.#place !== place || !place.isWorking) return;
    place.view = { ...place.view, ...outlook };
    this.#options.changed();
  }

  #advance(place: Place): void {
    if (this.#place === place && !isHeld(place)) this.#options.ready(place.server);
  }

  #after(place: Place, delayMs: number, callback: () => void): void {
    const cancel = this.#options.clock.after(delayMs, callback);
    place.ended.signal.addEventListener("abort", cancel, { once: true });
  }
}

function isHeld({ isDue, isWorking }: Place): boolean {
  return !isDue || isWorking;
}
