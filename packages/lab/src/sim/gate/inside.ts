/** The server behind the gate, for those who are inside: it answers, charges each frame, and ends whoever sends too many. */
import { decodeRequest, encodeReply, protocolVersion } from "@rempart/protocol";
import type { Call } from "./call.ts";
import { costMs, floodPart, framesAtOnceMax, framesPerSecondMax } from "./machine.ts";
import type { Processor } from "./processor.ts";
import type { WallClock } from "./wall-clock.ts";

interface InsideOptions {
  readonly processor: Processor;
  readonly clock: WallClock;
  readonly answer: (call: Call, bytes: Uint8Array) => void;
  readonly end: (call: Call) => void;
}

export class Inside {
  readonly #options: InsideOptions;
  /** Until when floods have had their part of the core. */
  #floodedUntil = 0;

  constructor(options: InsideOptions) {
    this.#options = options;
  }

  request(call: Call, bytes: Uint8Array): void {
    this.#charge(call, 1, () => this.#options.answer(call, bytes));
  }

  flood(call: Call, frames: number): void {
    const now = this.#options.clock.elapsed();
    if (this.#floodedUntil > now) return;
    const taken = this.#charge(call, frames, () => undefined);
    this.#floodedUntil = now + (costMs.frame * taken) / floodPart;
  }

  /** Takes as many frames as the connection may send; above that it is ended. */
  #charge(call: Call, frames: number, work: () => void): number {
    const { processor, clock, end } = this.#options;
    const at = clock.elapsed();
    const refilled = call.allowance.level + ((at - call.allowance.at) * framesPerSecondMax) / 1_000;
    const level = call.allowance.at === 0 ? framesAtOnceMax : Math.min(framesAtOnceMax, refilled);
    const taken = Math.min(frames, Math.floor(level));
    call.allowance = { level: level - taken, at };
    processor.run("frames", {
      costMs: costMs.frame * taken,
      work: () => {
        if (call.phase !== "inside") return;
        if (taken < frames) end(call);
        else work();
      },
    });
    return taken;
  }
}

/** What the server says to a request of a client that only signs in. */
export function answerTo(bytes: Uint8Array, { challenge, now }: { challenge: Uint8Array; now: number }): Uint8Array {
  const { name, requestId } = decodeRequest(bytes);
  if (name === "hello") return encodeReply(name, requestId, { version: protocolVersion, agent: "sim", challenge, now });
  if (name === "ping") return encodeReply(name, requestId, { now });
  throw new Error(`nobody asks for ${name} here`);
}
