/** One hostile connection: how it behaves at each state, and nothing that it does not do. */
import type { Source } from "@rempart/gate";
import type { Call, Caller, HeadForm, HelloForm, Session } from "./call.ts";

/** What is absent it leaves undone. */
export interface Manners {
  readonly source: Source;
  readonly hello?: HelloForm;
  readonly session?: Session | undefined;
  /** How long it waits before its hello, and before its head, in milliseconds. */
  readonly helloAfterMs?: number;
  readonly headAfterMs?: number;
  /** Whether it does its own part of the handshake. */
  readonly finishes?: boolean;
  readonly head?: HeadForm;
  readonly proof?: () => Uint8Array;
  /** Its first frame from the server: the verdict. */
  readonly judged?: (call: Call, verdict: Uint8Array) => void;
  /** It hangs up as soon as it is accepted. */
  readonly isFleeting?: boolean;
}

export class Rogue implements Caller {
  readonly isHonest = false;
  readonly latencyMs = 0;
  readonly source: Source;
  readonly #manners: Manners;
  readonly #after: (ms: number, work: () => void) => void;
  #isJudged = false;

  constructor(manners: Manners, after: (ms: number, work: () => void) => void) {
    this.source = manners.source;
    this.#manners = manners;
    this.#after = after;
  }

  accepted(call: Call): void {
    const { hello, session, helloAfterMs = 0, isFleeting } = this.#manners;
    if (isFleeting === true) call.hangUp();
    else if (hello !== undefined) this.#wait(helloAfterMs, () => call.hello(hello, session));
  }

  shaken(call: Call): void {
    const { finishes, head, headAfterMs = 0 } = this.#manners;
    if (finishes === false) return;
    call.finish();
    if (head !== undefined) this.#wait(headAfterMs, () => call.head(head));
  }

  upgraded(call: Call): void {
    const { proof } = this.#manners;
    if (proof !== undefined) call.send(proof());
  }

  received(call: Call, frame: Uint8Array): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    this.#manners.judged?.(call, frame);
  }

  #wait(ms: number, work: () => void): void {
    if (ms === 0) work();
    else this.#after(ms, work);
  }
}
