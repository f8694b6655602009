/** An honest visitor: the real client's connection, entrance, wallet and line, who comes, stays for a while, and leaves. */
import { Connection, Entrance, type Link, type LinkHandlers, type Solver, Wallet } from "@rempart/client";
import type { Source } from "@rempart/gate";
import { gateLimits } from "@rempart/protocol";
import type { Random } from "../random.ts";
import { MemoryPurse, MemoryTickets } from "./belongings.ts";
import type { Call, Caller, Session } from "./call.ts";
import { origin, type Scene } from "./scene.ts";

/** What a member holds at the start, and fetches again in quiet when fewer than `tokensLow` are left. */
const tokensHeld = 6;
const tokensLow = 3;
/** How long visits and the pauses between them are, in milliseconds. */
const stayMsMin = 3_000;
const stayMsMax = 20_000;
const pauseMsMax = 10_000;
/** A slow phone's hashes in a millisecond. */
const hashesPerMs = 300;

interface VisitorOptions {
  readonly name: string;
  readonly source: Source;
  readonly scene: Scene;
  /** Whether he was inside before: he has tokens then. Otherwise he is a stranger every time he comes. */
  readonly isMember: boolean;
  /** Whether his prefix is also an attacker's: then he is sure to be let in only once the prefix is trusted. */
  readonly isNeighbour: boolean;
}

export class Visitor {
  readonly name: string;
  readonly #options: VisitorOptions;
  readonly #random: Random;
  readonly #purse = new MemoryPurse(origin);
  readonly #entrance: Entrance;
  readonly #latencyMs: number;
  #connection: Connection;
  #session: Session | undefined;
  #wants = false;
  /** First try since which nothing but the gate stood in his way, while he has something to show. */
  #waitsSince: number | undefined;

  constructor(options: VisitorOptions) {
    const { scene, name } = options;
    this.name = name;
    this.#options = options;
    this.#random = scene.random.fork(name);
    this.#latencyMs = this.#random.between(2, 80);
    const clock = { now: () => Math.floor(scene.schedule.now) };
    const wallet = new Wallet({ tickets: new MemoryTickets(), clock, write: (work) => work() });
    this.#entrance = new Entrance({ wallet, purse: this.#purse, clock });
    this.#connection = this.#connect();
    if (options.isMember) this.#fetchTokens();
    this.#later(this.#random.below(pauseMsMax), () => this.#come());
  }

  /** Whether he lives next door to attackers: their prefix, and so his, may be denied for as long as ten minutes. */
  get isNeighbour(): boolean {
    return this.#options.isNeighbour;
  }

  /** Whether he wants to be inside and is not. */
  get isOutside(): boolean {
    return this.#wants && !this.#connection.isOnline;
  }

  /** Called after every step: reports how long he has been waiting with something good to show. */
  look(): void {
    const { scene } = this.#options;
    if (!this.#isEntitled()) this.#waitsSince = undefined;
    else if (this.#waitsSince !== undefined) scene.watch.waited(this.name, scene.schedule.now - this.#waitsSince);
  }

  close(): void {
    this.#connection.close();
  }

  #come(): void {
    if (this.#options.isMember && this.#purse.count() < tokensLow) this.#fetchTokens();
    if (!this.#options.isMember) this.#connection = this.#connect();
    this.#wants = true;
    this.#connection.connect(origin);
  }

  #leave(): void {
    this.#wants = false;
    this.#waitsSince = undefined;
    if (this.#options.isMember) this.#connection.stop();
    else this.#connection.close();
    this.#later(this.#random.below(pauseMsMax), () => this.#come());
  }

  #isIn(): void {
    this.look();
    this.#waitsSince = undefined;
    this.#later(this.#random.between(stayMsMin, stayMsMax), () => {
      if (this.#connection.isOnline) this.#leave();
    });
  }

  /** A server that is down, a full disk for him who has a token, an attack from next door: that is not the gate's fault. */
  #isEntitled(): boolean {
    const { server, disk } = this.#options.scene;
    const since = this.#waitsSince;
    if (since === undefined || !this.#wants || this.#connection.isOnline) return false;
    if (!server.isUp || since <= server.undisturbedSince) return false;
    if (this.#options.isNeighbour) return false;
    if (this.#entrance.hasTicket(origin) || this.#connection.view.state === "connecting") return true;
    return this.#entrance.hasToken() && disk.wasWellSince(since);
  }

  /** In quiet, as many as he may have. */
  #fetchTokens(): void {
    const { mint, server } = this.#options.scene;
    if (!server.isUp || server.gate.mode !== "normal") return;
    while (this.#purse.count() < tokensHeld) this.#purse.add(mint.issue());
  }

  #connect(): Connection {
    const { schedule } = this.#options.scene;
    const random = this.#random;
    return new Connection({
      network: { connect: (_origin, handlers) => this.#dial(handlers) },
      clock: {
        now: () => Math.floor(schedule.now),
        after: (delayMs, work) => schedule.after(delayMs, `${this.name} timer`, work),
      },
      entrance: this.#entrance,
      solver: this.#solver,
      fraction: () => random.below(2 ** 32) / 2 ** 32,
      randomBytes: (count) => random.bytes(count),
      agent: "sim",
      handlers: {
        prove: () => Promise.resolve("member" as const),
        online: () => this.#isIn(),
        push: () => undefined,
        changed: () => undefined,
        failed: (error) => {
          throw error;
        },
      },
    });
  }

  #dial(handlers: LinkHandlers): Link {
    const { scene, source } = this.#options;
    const hasProof = this.#entrance.hasTicket(origin) || this.#entrance.hasToken();
    const { gate, isUp } = scene.server;
    const isRecognised = this.#session?.isMembers === true || gate.explain(source).isTrusted;
    if (this.#waitsSince === undefined && isUp && hasProof && isRecognised) this.#waitsSince = scene.schedule.now;
    const caller: Caller = {
      source,
      isHonest: true,
      latencyMs: this.#latencyMs,
      accepted: (call) => call.hello("good", this.#session),
      shaken: (call) => {
        call.finish();
        call.head("upgrade");
      },
      upgraded: (call) => {
        this.#keep(call);
        handlers.opened();
      },
      received: (call, frame) => {
        this.#keep(call);
        handlers.frame(frame);
      },
      closed: () => handlers.closed({ code: 1006 }),
    };
    const call = scene.server.dial(caller);
    return { send: (frame) => call.send(frame), bufferedBytes: () => 0, close: () => call.hangUp() };
  }

  #keep({ session }: Call): void {
    if (session !== undefined) this.#session = session;
  }

  /** Takes as long as it would on a slow phone. */
  readonly #solver: Solver = {
    solve: (task, { signal }) => {
      const { schedule, oracle } = this.#options.scene;
      const luck = -Math.log(1 - this.#random.below(2 ** 20) / 2 ** 20);
      const takesMs = (luck * task.effort * gateLimits.workUnitHashes) / hashesPerMs;
      return new Promise((resolve, reject) => {
        const cancel = schedule.after(takesMs, `${this.name} has solved it`, () => resolve(oracle.solve(task)));
        signal.addEventListener("abort", () => {
          cancel();
          reject(signal.reason);
        });
      });
    },
  };

  #later(delayMs: number, work: () => void): void {
    this.#options.scene.schedule.after(delayMs, this.name, work);
  }
}
