/**
 * The server around the real gate: a kernel with a backlog, one core, and the shell's states from accept to verdict as
 * `packages/gate/src/platform` goes through them. It can crash and come back; the gate's memory goes, its secret and
 * the spent set stay.
 */
import { Gate, type GatePorts, type GateServerLimits, type Outcome, type Visit } from "@rempart/gate";
import { encode, verdictCodec } from "@rempart/protocol";
import type { Random } from "../random.ts";
import type { Schedule } from "../schedule.ts";
import { ArrivalQueue, type Handshakes } from "./arrival-queue.ts";
import { Call, type Caller, type Desk, type HeadForm, type HelloForm, type Session } from "./call.ts";
import { canaryLimits, type GateCanaryName } from "./canaries.ts";
import { answerTo, Inside } from "./inside.ts";
import { backlogMax, costMs } from "./machine.ts";
import { Processor } from "./processor.ts";
import type { SpentDisk } from "./spent-disk.ts";
import type { WallClock } from "./wall-clock.ts";
import type { Watch } from "./watch.ts";

/** As in the real shell. */
const sweepMs = 250;
const tickMs = 1_000;
const startsPerTurnMax = 5;
const retryMs = 5;
/** Uses of one session by which somebody is recognised as a member. */
const sessionUsesMax = 8;
/** What a visitor of the website takes, in milliseconds. */
const browsingMs = 400;
/** What a client needs to notice that the kernel has dropped its connection, in milliseconds. */
const overflowMs = 1_000;

interface ServerOptions {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly clock: WallClock;
  readonly disk: SpentDisk;
  readonly ports: GatePorts;
  readonly watch: Watch;
  readonly host: string;
  readonly limits: GateServerLimits;
  readonly isPlain: boolean;
  readonly canary: GateCanaryName | undefined;
}

/** One life of the process: what dies with it. */
interface Life {
  readonly number: number;
  readonly gate: Gate;
  readonly handshakes: Handshakes;
  readonly processor: Processor;
  readonly inside: Inside;
  readonly calls: Set<Call>;
  readonly callOf: Map<Visit, Call>;
  /** Visits whose proof is being judged although whoever showed it has gone. */
  readonly deserted: Set<Visit>;
  accepting: number;
  overflows: number;
  isTurning: boolean;
  isDead: boolean;
}

export class GateServer implements Desk {
  readonly #options: ServerOptions;
  readonly #secret: Uint8Array;
  readonly #random: Random;
  #life: Life;
  #isUp = true;
  #undisturbedSince: number;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#secret = options.random.bytes(32);
    this.#undisturbedSince = options.schedule.now;
    this.#life = this.#born(1);
  }

  get gate(): Gate {
    return this.#life.gate;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** When it last came back, or lost all connections. */
  get undisturbedSince(): number {
    return this.#undisturbedSince;
  }

  /** What there really is: connections that the gate should count as not admitted, and as admitted. */
  get there(): { readonly unadmitted: number; readonly admitted: number } {
    const { calls, deserted } = this.#life;
    const count = { unadmitted: deserted.size, admitted: 0 };
    for (const { phase, visit } of calls) {
      if (phase === "inside") count.admitted += 1;
      else if (phase !== "website" && visit !== undefined) count.unadmitted += 1;
    }
    return count;
  }

  /** Makes a connection. */
  dial(caller: Caller): Call {
    const call = new Call(caller, { desk: this, schedule: this.#options.schedule });
    call.travel("syn", () => this.#arrived(call));
    return call;
  }

  /** Loses every connection, as when a cable is pulled. */
  cutAll(): void {
    this.#undisturbedSince = this.#options.schedule.now;
    for (const call of [...this.#life.calls]) this.hangUp(call);
  }

  /** Ends those inside who are no longer there, as the server's heartbeat does in time (WR17). */
  endDeserted(): void {
    for (const call of [...this.#life.calls]) if (call.phase === "inside" && !call.caller.isHonest) this.hangUp(call);
  }

  crash(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    const life = this.#life;
    life.isDead = true;
    life.processor.kill();
    this.#options.disk.crash();
    if (this.#options.canary === "gate-forgets-spent") this.#options.disk.forgetAll();
    for (const call of [...life.calls]) this.#gone(call);
  }

  start(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#undisturbedSince = this.#options.schedule.now;
    this.#life = this.#born(this.#life.number + 1);
  }

  // What arrives from callers.

  hello(call: Call, { form, session }: { form: HelloForm; session: Session | undefined }): void {
    if (call.phase !== "peek") return;
    this.#work("peek", { cost: costMs.peek, call }, (visit) => {
      if (call.phase !== "peek") return;
      if (form !== "good") {
        this.#drop(call, form === "junk" ? "peek-junk" : "peek-too-long");
        return;
      }
      visit.hello = isMembers(session) ? "member" : "stranger";
      this.#enter(call, "tls");
      const outcome = this.#life.handshakes.push(visit);
      if (outcome !== undefined) {
        this.#drop(call, outcome);
        return;
      }
      this.#turnSoon();
    });
  }

  finish(call: Call): void {
    if (call.phase !== "tls" || call.handshakeMs === 0 || call.visit === undefined) return;
    this.#life.handshakes.finished(call.visit, call.handshakeMs);
    // Session tickets come with the end of the handshake, before any proof.
    if (call.visit.hello === "member") call.session = { isMembers: true, usesLeft: sessionUsesMax };
    this.#enter(call, "head");
  }

  head(call: Call, form: HeadForm): void {
    if (call.phase !== "head") return;
    this.#work("head", { cost: costMs.head, call }, (visit) => {
      if (call.phase !== "head") return;
      if (form === "website") {
        this.#browse(call, visit);
        return;
      }
      if (form !== "upgrade") {
        this.#drop(call, `head-${form}`);
        return;
      }
      this.#enter(call, "proof");
      call.travel("upgraded", () => call.caller.upgraded?.(call));
    });
  }

  message(call: Call, bytes: Uint8Array): void {
    if (call.phase === "proof") {
      call.phase = "judged";
      this.#work("proof", { cost: costMs.proof, call }, (visit) => void this.#judge(call, { visit, bytes }));
    } else if (call.phase === "judged") call.pipelined.push(bytes);
    else if (call.phase === "inside") this.#life.inside.request(call, bytes);
  }

  flood(call: Call, frames: number): void {
    if (call.phase === "inside") this.#life.inside.flood(call, frames);
  }

  /** The peer has closed its connection. */
  hangUp(call: Call): void {
    const { phase, visit } = call;
    if (phase === "gone") return;
    this.#gone(call);
    if (visit === undefined) return;
    if (phase === "judged") this.#life.deserted.add(visit);
    else if (phase === "tls") {
      this.#endHandshake(call, visit);
      visit.lost("tls-error");
    } else if (phase === "inside" || phase === "website") visit.leave();
    else if (phase === "peek" || phase === "head" || phase === "proof") visit.lost(`${phase}-reset`);
  }

  // From accept to verdict.

  #arrived(call: Call): void {
    const life = this.#life;
    if (!this.#isUp) {
      this.#gone(call);
      return;
    }
    if (life.accepting >= backlogMax) {
      life.overflows += 1;
      this.#options.schedule.after(overflowMs, "overflow", () => this.#gone(call));
      return;
    }
    life.accepting += 1;
    life.calls.add(call);
    this.#life.processor.run("accept", {
      costMs: costMs.accept,
      work: () => {
        life.accepting -= 1;
        if (!call.isGone) this.#accept(call);
      },
    });
  }

  #accept(call: Call): void {
    const visit = this.gate.arrive(call.caller.source);
    if (typeof visit === "string") {
      this.#gone(call);
      return;
    }
    call.visit = visit;
    this.#life.callOf.set(visit, call);
    visit.hello = this.#options.isPlain ? "plain" : "stranger";
    this.#enter(call, this.#options.isPlain ? "head" : "peek");
    call.travel("accepted", () => {
      call.caller.accepted?.(call);
      if (this.#options.isPlain) call.caller.shaken?.(call);
    });
  }

  #turnSoon(): void {
    const life = this.#life;
    if (life.isTurning || life.handshakes.waiting === 0) return;
    life.isTurning = true;
    life.processor.run("turn", { costMs: 0, work: () => this.#turn(life) });
  }

  /** One turn of the event loop: a few handshakes are begun, if the gate lets them. */
  #turn(life: Life): void {
    life.isTurning = false;
    let begun = 0;
    for (; begun < startsPerTurnMax; begun++) {
      const visit = life.handshakes.next();
      if (visit === undefined) break;
      this.#shake(visit);
    }
    if (begun > 0) {
      this.#turnSoon();
      return;
    }
    if (life.handshakes.waiting === 0) return;
    life.isTurning = true;
    this.#options.schedule.after(retryMs, "turn again", () => {
      if (!life.isDead) this.#turn(life);
    });
  }

  #shake(visit: Visit): void {
    const call = this.#life.callOf.get(visit);
    if (call === undefined) throw new Error("the queue knows a visit that is not here");
    const cost = costMs.handshake * (0.8 + 0.4 * (this.#random.below(1_000) / 1_000));
    this.#work("handshake", { cost, call }, () => {
      if (call.phase !== "tls") return;
      call.handshakeMs = cost;
      call.travel("shaken", () => call.caller.shaken?.(call));
    });
  }

  async #judge(call: Call, { visit, bytes }: { visit: Visit; bytes: Uint8Array }): Promise<void> {
    const life = this.#life;
    const verdict = await visit.prove(bytes);
    if (life.isDead) return;
    life.deserted.delete(visit);
    const { schedule, watch } = this.#options;
    watch.judged(bytes, { verdict, life: life.number, now: schedule.now, isHonest: call.caller.isHonest });
    const frame = encode(verdictCodec, verdict);
    if (call.phase !== "judged") {
      visit.leave();
      return;
    }
    if (verdict.kind === "admitted") this.#admit(call, visit);
    call.travel("verdict", () => call.caller.received?.(call, frame));
    if (verdict.kind === "refused") this.#gone(call);
  }

  #admit(call: Call, visit: Visit): void {
    call.phase = "inside";
    if (visit.lane === "B" || visit.lane === "C") call.session ??= { isMembers: true, usesLeft: sessionUsesMax };
    for (const bytes of call.pipelined) this.#life.inside.request(call, bytes);
    call.pipelined = [];
  }

  #browse(call: Call, visit: Visit): void {
    if (!visit.browse()) {
      this.#gone(call);
      return;
    }
    call.phase = "website";
    this.#options.schedule.after(browsingMs, "browsed", () => this.hangUp(call));
  }

  // Ends.

  /** Closes a connection that the gate lets go. */
  #drop(call: Call, outcome: Outcome): void {
    const { visit, phase } = call;
    if (visit === undefined || call.isGone) return;
    if (visit.stage === "admitted") this.#options.watch.drops(outcome);
    this.#gone(call);
    visit.lost(outcome);
    if (phase === "tls") this.#endHandshake(call, visit);
  }

  #endHandshake(call: Call, visit: Visit): void {
    if (call.handshakeMs > 0) this.#life.handshakes.finished(visit, call.handshakeMs);
    else this.#life.handshakes.drop(visit);
    this.#turnSoon();
  }

  #gone(call: Call): void {
    if (call.isGone) return;
    call.phase = "gone";
    this.#life.calls.delete(call);
    if (call.visit !== undefined) this.#life.callOf.delete(call.visit);
    call.travel("closed", () => call.caller.closed?.(call));
  }

  #enter(call: Call, phase: "peek" | "tls" | "head" | "proof"): void {
    call.phase = phase;
    call.visit?.enter(phase);
  }

  #work(label: string, { cost, call }: { cost: number; call: Call }, work: (visit: Visit) => void): void {
    this.#life.processor.run(label, {
      costMs: cost,
      work: () => {
        if (call.visit !== undefined) work(call.visit);
      },
    });
  }

  // The life of the process.

  #born(number: number): Life {
    const { ports, host, canary, clock, schedule } = this.#options;
    const limits: GateServerLimits = { ...this.#options.limits, ...canaryLimits(canary) };
    const gate = new Gate(ports, { secret: this.#secret, hosts: () => [host], limits });
    const inFlightMax = limits.handshakesInFlightMax;
    const processor = new Processor(schedule);
    const life: Life = {
      number,
      gate,
      handshakes:
        canary === "gate-serves-by-arrival"
          ? new ArrivalQueue(clock, { lengthMax: limits.handshakesWaitingMax, inFlightMax })
          : gate.handshakes,
      processor,
      inside: new Inside({
        processor,
        clock,
        answer: (call, frame) => this.#answer(call, frame),
        end: (call) => this.hangUp(call),
      }),
      calls: new Set(),
      callOf: new Map(),
      deserted: new Set(),
      accepting: 0,
      overflows: 0,
      isTurning: false,
      isDead: false,
    };
    this.#every(life, { ms: sweepMs, label: "sweep", work: () => this.#sweep(life) });
    this.#every(life, { ms: tickMs, label: "tick", work: () => this.#tick(life) });
    return life;
  }

  #answer(call: Call, bytes: Uint8Array): void {
    const frame = answerTo(bytes, { challenge: this.#random.bytes(32), now: this.#options.clock.now() });
    call.travel("answer", () => call.caller.received?.(call, frame));
  }

  #every(life: Life, { ms, label, work }: { ms: number; label: string; work: () => void }): void {
    this.#options.schedule.after(ms, label, () => {
      if (life.isDead) return;
      work();
      this.#every(life, { ms, label, work });
    });
  }

  #sweep(life: Life): void {
    for (const visit of life.handshakes.sweep()) {
      const call = life.callOf.get(visit);
      if (call !== undefined) this.#drop(call, "tls-shed");
    }
    for (const call of life.calls) {
      const { phase, visit } = call;
      if (visit === undefined || phase === "judged" || phase === "website" || visit.deadlineMs() > 0) continue;
      this.#drop(call, phase === "tls" || phase === "head" || phase === "proof" ? `${phase}-timeout` : "peek-timeout");
    }
  }

  #tick(life: Life): void {
    const { gate, handshakes, processor } = life;
    const { connections, unadmitted } = gate.counters;
    gate.tick({
      loopDelayP99Ms: processor.takeDelayP99(),
      loopBusyShare: processor.takeBusyShare(),
      handshakeQueueAgeMs: handshakes.oldestAgeMs,
      acceptOverflows: life.overflows,
      connections,
      unadmitted,
      memoryShare: 0.1 + (0.6 * connections) / gate.limits.connectionsMax,
    });
    life.overflows = 0;
    this.#options.disk.sweep(this.#options.clock.now());
  }
}

function isMembers(session: Session | undefined): boolean {
  if (session === undefined || !session.isMembers || session.usesLeft <= 0) return false;
  session.usesLeft -= 1;
  return true;
}
