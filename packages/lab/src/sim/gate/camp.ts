/** An attacker's base: his addresses, what he has got hold of, and how he makes and spends it. */
import type { Source } from "@rempart/gate";
import { decode, encode, gateLimits, proofCodec, verdictCodec } from "@rempart/protocol";
import type { Random } from "../random.ts";
import type { Call, Session } from "./call.ts";
import { type Manners, Rogue } from "./rogue.ts";
import { host, type Scene, sourceIn } from "./scene.ts";

/** Proofs that he keeps to show them again. */
const usedMax = 200;
/**
 * Few of his are members, and each comes back a second later at the earliest: against more members of good standing
 * than lane B has room for there is no promise.
 */
const ticketsMax = 8;
const returnMs = 1_000;

export class Camp {
  readonly random: Random;
  readonly #scene: Scene;
  readonly #prefixes: number;
  readonly #networks: number;
  /** Tokens of accounts of his own; tickets that they brought. */
  readonly #unused: Uint8Array[] = [];
  readonly #used: Uint8Array[] = [];
  #session: Session | undefined;
  #isGone = false;

  constructor(scene: Scene, { random, tokens }: { random: Random; tokens: number }) {
    this.#scene = scene;
    this.random = random;
    this.#prefixes = random.pick([2, 16, 200, 2_000]) ?? 2;
    this.#networks = random.pick([1, 3, 40]) ?? 1;
    for (let i = 0; i < tokens; i++) this.#keep(encode(proofCodec, { kind: "token", token: scene.mint.issue() }));
  }

  /** From one of his addresses; those he shares with honest people come up as often as any. */
  source(): Source {
    const index = this.random.below(this.#prefixes);
    return sourceIn(10, { index, network: 64_512 + (index % this.#networks) });
  }

  dial(manners: Omit<Manners, "source">): void {
    this.#scene.server.dial(new Rogue({ source: this.source(), ...manners }, (ms, work) => this.after(ms, work)));
  }

  /** Through to the proof, which is made only then. */
  prove(proof: () => Uint8Array, judged?: Manners["judged"]): void {
    const { session } = this;
    this.dial({ hello: "good", session, head: "upgrade", proof, ...(judged && { judged }) });
  }

  /** Gets somebody in by what he has left, or by work; `inside` is called when he is. */
  enter(inside: (call: Call) => void): void {
    const bytes = this.#unused.shift() ?? this.work();
    this.prove(
      () => bytes,
      (call, verdict) => this.#judged(bytes, { call, verdict, inside }),
    );
    this.#remember(bytes);
  }

  /** Solves at least what is asked now, at once: it is a large machine. */
  work(factor = 1): Uint8Array {
    const { seed, effort: asked } = this.#scene.server.gate.puzzle;
    const effort = Math.min(gateLimits.effortMax, Math.ceil(asked * factor));
    const nonce = this.random.bytes(16);
    const solution = this.#scene.oracle.solve({ seed, effort, nonce, host });
    return encode(proofCodec, { kind: "work", seed, effort, nonce, solution });
  }

  /** The same, not solved. */
  bluff(): Uint8Array {
    const { seed } = this.#scene.server.gate.puzzle;
    const work = { seed, effort: gateLimits.effortMax, nonce: this.random.bytes(16), solution: this.random.bytes(8) };
    return encode(proofCodec, { kind: "work", ...work });
  }

  /** Something shown before. */
  used(): Uint8Array {
    return this.random.pick(this.#used) ?? this.bluff();
  }

  /** A session that was once good, if he has one: all of his connections may share it. */
  get session(): Session | undefined {
    return this.random.chance(0.5) ? this.#session : undefined;
  }

  after(ms: number, work: () => void): void {
    this.#scene.schedule.after(ms, "rogue", () => {
      if (!this.#isGone) work();
    });
  }

  /** He gives up: what he has begun is left as it is. */
  abandon(): void {
    this.#isGone = true;
  }

  #judged(
    shown: Uint8Array,
    { call, verdict, inside }: { call: Call; verdict: Uint8Array; inside: (call: Call) => void },
  ): void {
    const answer = decode(verdictCodec, verdict);
    this.#session = call.session ?? this.#session;
    if (answer.kind === "refused") {
      if (answer.reason === "busy") this.after(returnMs, () => this.#keep(shown));
      return;
    }
    for (const ticket of answer.tickets)
      this.after(returnMs, () => this.#keep(encode(proofCodec, { kind: "ticket", ticket })));
    inside(call);
  }

  #keep(proof: Uint8Array): void {
    if (this.#unused.length < ticketsMax) this.#unused.push(proof);
  }

  #remember(bytes: Uint8Array): void {
    if (this.#used.length >= usedMax) this.#used[this.random.below(usedMax)] = bytes;
    else this.#used.push(bytes);
  }
}
