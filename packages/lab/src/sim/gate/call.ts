/** One connection to the simulated server, as whoever makes it holds it. What he does arrives after his latency. */
import type { Source, Visit } from "@rempart/gate";
import type { Schedule } from "../schedule.ts";

/** A TLS session that the server has given out. The members' context counts the uses of each. */
export interface Session {
  readonly isMembers: boolean;
  usesLeft: number;
}

export type HelloForm = "good" | "junk" | "too-long";
export type HeadForm = "upgrade" | "website" | "junk" | "too-long" | "origin";

/** Whoever makes connections. Everything he is told arrives after his latency; `closed` comes last, and once. */
export interface Caller {
  readonly source: Source;
  readonly isHonest: boolean;
  /** One way, in milliseconds; 0 for attackers who sit next door, where every event counts. */
  readonly latencyMs: number;
  accepted?(call: Call): void;
  /** The server has done its part of the handshake. */
  shaken?(call: Call): void;
  /** The server waits for the proof. */
  upgraded?(call: Call): void;
  /** The verdict, and later answers. */
  received?(call: Call, frame: Uint8Array): void;
  closed?(call: Call): void;
}

/** Where a connection stands on the server; the names are those of the real shell. */
export type Phase = "dialling" | "peek" | "tls" | "head" | "proof" | "judged" | "inside" | "website" | "gone";

/** What the server does with what arrives. */
export interface Desk {
  hello(call: Call, hello: { readonly form: HelloForm; readonly session: Session | undefined }): void;
  finish(call: Call): void;
  head(call: Call, form: HeadForm): void;
  message(call: Call, bytes: Uint8Array): void;
  flood(call: Call, frames: number): void;
  hangUp(call: Call): void;
}

export class Call {
  readonly caller: Caller;
  phase: Phase = "dialling";
  visit: Visit | undefined = undefined;
  /** CPU that its handshake took; 0 before it was begun. */
  handshakeMs = 0;
  /** Frames behind the proof, until its verdict. */
  pipelined: Uint8Array[] = [];
  /** Frames that it may send at once, when it is inside, and when that was so. */
  allowance = { level: 0, at: 0 };
  /** What the handshake of somebody recognised leaves, or an admission by ticket or token. */
  session: Session | undefined = undefined;
  readonly #desk: Desk;
  readonly #schedule: Schedule;

  constructor(caller: Caller, { desk, schedule }: { desk: Desk; schedule: Schedule }) {
    this.caller = caller;
    this.#desk = desk;
    this.#schedule = schedule;
  }

  get isGone(): boolean {
    return this.phase === "gone";
  }

  /** A ClientHello; with a session when there is one from before. */
  hello(form: HelloForm, session?: Session): void {
    this.travel("hello", () => this.#desk.hello(this, { form, session }));
  }

  /** This side's end of the handshake. */
  finish(): void {
    this.travel("finish", () => this.#desk.finish(this));
  }

  head(form: HeadForm): void {
    this.travel("head", () => this.#desk.head(this, form));
  }

  /** A message: the first is the proof. */
  send(bytes: Uint8Array): void {
    this.travel("message", () => this.#desk.message(this, bytes));
  }

  /** Frames of no interest but their number. */
  flood(frames: number): void {
    this.travel("flood", () => this.#desk.flood(this, frames));
  }

  hangUp(): void {
    this.travel("hang up", () => this.#desk.hangUp(this));
  }

  /** Does `work` once this connection's latency has passed, in either direction. */
  travel(label: string, work: () => void): void {
    if (this.caller.latencyMs === 0) work();
    else this.#schedule.after(this.caller.latencyMs, label, work);
  }
}
