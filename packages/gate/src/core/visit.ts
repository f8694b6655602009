import type { Verdict } from "@rempart/protocol";
import type { HelloKind, Lane, Outcome, Source, Stage, Standing } from "./types.ts";

/** What a visit asks of the gate that let it in: the gate is the one place that counts and decides. */
export interface VisitKeeper {
  /** Counts the step; returns the clock's `elapsed()`. */
  moved(visit: Visit, from: Stage, to: Stage): number;
  deadline(visit: Visit): number;
  /** Never rejects. */
  judge(visit: Visit, proof: Uint8Array, hosts: readonly string[] | undefined): Promise<Judgement>;
  browse(visit: Visit): boolean;
  lost(visit: Visit, outcome: Outcome): void;
  stoppedBrowsing(visit: Visit): void;
}

/** What became of a proof: the verdict to send, and how the connection goes on. */
export type Judgement =
  | { readonly verdict: Verdict; readonly lane: Lane; readonly quotaClass: number }
  | { readonly verdict: Verdict; readonly outcome: Outcome };

/** What decodes as no proof: what a second try is worth. */
const noProof = new Uint8Array(0);

/** One connection, from accept to close. Small, for there are thousands that never come to anything. */
export class Visit {
  readonly source: Source;
  /** Whether members came from its prefix of late. */
  readonly isTrusted: boolean;
  /** Whether members came from several prefixes of its network of late. */
  readonly isFamiliar: boolean;
  /** Set by the shell once the first bytes are recognised. */
  hello: HelloKind = "plain";
  readonly #keeper: VisitKeeper;
  #stage: Stage = "accept";
  #enteredAt: number;
  #lane: Lane | undefined = undefined;
  #quotaClass = 0;
  #isBrowsing = false;
  #hasProved = false;

  constructor(
    keeper: VisitKeeper,
    options: { source: Source; isTrusted: boolean; isFamiliar: boolean; elapsed: number },
  ) {
    this.#keeper = keeper;
    this.source = options.source;
    this.isTrusted = options.isTrusted;
    this.isFamiliar = options.isFamiliar;
    this.#enteredAt = options.elapsed;
  }

  /** What is known before anything is shown; decided by the hello, where there is one. */
  get standing(): Standing {
    if (this.hello === "member") return "member";
    if (this.isTrusted) return "known";
    return this.isFamiliar ? "familiar" : "other";
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** The lane of its admission; B or C means that somebody from inside stands here. */
  get lane(): Lane | undefined {
    return this.#lane;
  }

  /** What its ticket allows inside; 0 is the ordinary class. */
  get quotaClass(): number {
    return this.#quotaClass;
  }

  /** When it entered its stage, on the clock's `elapsed()`. */
  get enteredAt(): number {
    return this.#enteredAt;
  }

  /** The shell moves it on: `peek`, `tls`, `head`, `proof`. The gate itself enters `admitted` and `closed`. */
  enter(stage: Stage): void {
    const from = this.#stage;
    if (from === stage || from === "closed") return;
    this.#stage = stage;
    this.#enteredAt = this.#keeper.moved(this, from, stage);
  }

  /**
   * Milliseconds left of the present stage's deadline; at most 0 when its time is up, and `Infinity` once nothing is
   * waited for. Shrinks while the gate runs out of room: ask again, at every sweep.
   */
  deadlineMs(): number {
    return this.#keeper.deadline(this);
  }

  /**
   * Checks the first message (see spec/gate.md), spends what it shows, and answers what to send back. There is one
   * try: a second is refused, and changes nothing else. Never rejects. After an `admitted` verdict the visit's stage is
   * `admitted`, unless it was lost meanwhile; after a refusal it is counted out, and the shell sends the verdict and
   * closes. `hosts`: the names that a solution may have been made for; without them the gate's own.
   */
  async prove(proof: Uint8Array, options: { readonly hosts?: readonly string[] } = {}): Promise<Verdict> {
    const isSecond = this.#hasProved;
    this.#hasProved = true;
    const judgement = await this.#keeper.judge(this, isSecond ? noProof : proof, options.hosts);
    if (isSecond) return judgement.verdict;
    if ("outcome" in judgement) {
      this.lost(judgement.outcome);
    } else if (this.#stage !== "closed") {
      // Whoever went while his proof was being written has used it up, and is not inside.
      this.#lane = judgement.lane;
      this.#quotaClass = judgement.quotaClass;
      this.enter("admitted");
    }
    return judgement.verdict;
  }

  /**
   * Whether this connection, whose request is an ordinary one, may have the website. Either way it is counted out as
   * `website`. After true it counts as browsing, and `leave` is due when it closes; after false the shell closes it.
   */
  browse(): boolean {
    this.lost("website");
    this.#isBrowsing = this.#keeper.browse(this);
    return this.#isBrowsing;
  }

  /** It ended before admission. Does nothing once it is admitted or counted out. */
  lost(outcome: Outcome): void {
    if (this.#stage === "closed" || this.#stage === "admitted") return;
    this.#keeper.lost(this, outcome);
    this.enter("closed");
  }

  /** An admitted or browsing connection has closed. Does nothing for any other. */
  leave(): void {
    if (this.#isBrowsing) this.#keeper.stoppedBrowsing(this);
    this.#isBrowsing = false;
    if (this.#stage === "admitted") this.enter("closed");
  }
}
