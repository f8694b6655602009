import { randomBytes } from "node:crypto";
import type { Verdict } from "@rempart/protocol";
import { Random } from "../../random.ts";
import type { LabAccount, LabLog } from "../../wire/lab-client.ts";
import { type HonestLane, honestLanes, type Rates, transactionMsMax } from "../settings.ts";
import { type HonestRange, honestSource } from "../sources.ts";
import type { Target } from "../target.ts";
import { Ledger, type Transaction } from "./ledger.ts";
import { Recipient } from "./recipient.ts";
import { clock, Schedule } from "./schedule.ts";
import { Visitor, type VisitorOptions } from "./visitor.ts";
import { inTurns, pause, settledWithin } from "./waiting.ts";

/** Pairs that stay connected: lane A, and the recipients of everybody else. */
const pairsMax = 8;
/** Homes that members with a token come from, and newcomers. */
const memberHomes = 128;
const newcomerHomes = 512;

export interface LoadOptions {
  readonly target: Target;
  readonly account: LabAccount;
  readonly logs: readonly LabLog[];
  readonly rates: Rates;
  readonly tokens: readonly Uint8Array[];
  readonly crowd: number;
  readonly seed: number;
  readonly failed: (error: unknown) => void;
}

/** What was observed at the gate by those who had every right to get in. */
export interface Refusals {
  /** Tickets and tokens that were refused for good. */
  falseRefusals: number;
  /** Refusals as busy, by lane of the load. */
  readonly busy: Record<HonestLane, number>;
}

/** The honest side: whole transactions in four lanes, at their times, whatever becomes of those before. */
export class Load {
  readonly transactions: Transaction[] = [];
  /** When honest clients dialled. Milliseconds since the Unix epoch. */
  readonly dials: number[] = [];
  readonly refusals: Refusals = { falseRefusals: 0, busy: { A: 0, B: 0, C: 0, D: 0 } };
  readonly #options: LoadOptions;
  readonly #ledger = new Ledger();
  readonly #recipients: Recipient[];
  readonly #senders: Visitor[];
  readonly #returning: Visitor[];
  readonly #crowd: Visitor[];
  readonly #schedules: Schedule[];
  readonly #tokens: Uint8Array[];
  readonly #pending = new Set<Promise<void>>();
  #turn = 0;

  constructor(options: LoadOptions) {
    const { rates, logs } = options;
    this.#options = options;
    this.#tokens = [...options.tokens];
    const of = (range: HonestRange, index: number, keepsSession: boolean) => this.#visitor(range, index, keepsSession);
    this.#recipients = logs.slice(0, pairsMax).map((log, i) => {
      return new Recipient(log, this.#ledger, this.#visitorOptions("A", i, true));
    });
    this.#senders = logs.slice(0, pairsMax).map((_, i) => of("A", pairsMax + i, true));
    // As many as can be under way at once, and half as many again.
    const returning = Math.ceil((rates.B * transactionMsMax * 1.5) / 1_000);
    this.#returning = Array.from({ length: returning }, (_, i) => of("B", i, true));
    this.#crowd = Array.from({ length: options.crowd }, (_, i) => of("crowd", i, true));
    const random = new Random(options.seed);
    this.#schedules = honestLanes
      .filter((lane) => rates[lane] > 0)
      .map((lane) => new Schedule(rates[lane], random, (at) => this.#begin(lane, at)));
  }

  /** Connects lane A, and gives everybody in lane B and in the crowd what a former visit leaves: tickets, a TLS session. */
  async settle(): Promise<void> {
    for (const { visitor } of this.#recipients) this.#give(visitor);
    for (const sender of this.#senders) this.#give(sender);
    for (const recipient of this.#recipients) await recipient.listen();
    for (const sender of this.#senders) await sender.come();
    for (const visitor of [...this.#returning, ...this.#crowd]) this.#give(visitor);
    await inTurns(this.#returning, 16, async (visitor) => {
      await visitor.come();
      await pause(sessionMs);
      visitor.leave();
    });
    await inTurns(this.#crowd, 16, (visitor) => visitor.come());
  }

  start(): void {
    for (const schedule of this.#schedules) schedule.start(clock());
  }

  /** Sends no more, and waits for what is under way. */
  async cease(): Promise<void> {
    for (const schedule of this.#schedules) schedule.stop();
    await Promise.all(this.#pending);
  }

  /** Everybody in the crowd loses the connection in one instant and comes back as the SDK does. Durations in milliseconds. */
  async returnAll(): Promise<readonly number[]> {
    const from = clock();
    for (const visitor of this.#crowd) visitor.leave();
    return Promise.all(
      this.#crowd.map(async (visitor) => {
        await settledWithin(returnMsMax, visitor.come());
        return visitor.connection.isOnline ? clock() - from : Number.POSITIVE_INFINITY;
      }),
    );
  }

  /** Acknowledged entries that the server does not have exactly once, or that have not reached their recipient. */
  async lost(): Promise<number> {
    const stored: Uint8Array[] = [];
    for (const recipient of this.#recipients) stored.push(...(await recipient.stored()));
    return this.#ledger.lost(stored) + this.#ledger.undelivered();
  }

  close(): void {
    const all = [
      ...this.#recipients.map(({ visitor }) => visitor),
      ...this.#senders,
      ...this.#returning,
      ...this.#crowd,
    ];
    for (const visitor of all) visitor.connection.close();
  }

  #begin(lane: HonestLane, at: number): void {
    this.#turn += 1;
    const visitor = this.#nextVisitor(lane);
    const pending = this.#transact(lane, at, visitor).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  #nextVisitor(lane: HonestLane): Visitor | undefined {
    if (lane === "A") return this.#senders[this.#turn % this.#senders.length];
    if (lane === "B") return this.#returning.shift();
    if (lane === "D") return this.#visitor("D", this.#turn % newcomerHomes, false);
    const visitor = this.#visitor("C", this.#turn % memberHomes, false);
    this.#give(visitor);
    return visitor;
  }

  async #transact(lane: HonestLane, at: number, visitor: Visitor | undefined): Promise<void> {
    let reached: Transaction["reached"] = "connecting";
    const record = () => this.transactions.push({ lane, at, ms: clock() - at, reached });
    const recipient = this.#recipients[this.#turn % this.#recipients.length];
    if (visitor === undefined || recipient === undefined) {
      record();
      return;
    }
    const entryId = new Uint8Array(randomBytes(16));
    const work = async () => {
      await visitor.come();
      reached = "sending";
      await visitor.append(recipient.log, entryId);
      this.#ledger.acknowledged(entryId);
      reached = "delivery";
      await this.#ledger.delivery(entryId);
      reached = "done";
    };
    await settledWithin(transactionMsMax - (clock() - at), work().catch(this.#ignoreOffline));
    record();
    if (lane === "A") return;
    if (lane === "B") {
      visitor.leave();
      this.#returning.push(visitor);
    } else visitor.connection.close();
  }

  /** A connection that was lost in the middle: the transaction has failed, and says so by not being done. */
  readonly #ignoreOffline = (error: unknown): void => {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ERR_OFFLINE" && code !== "ERR_TIMEOUT" && code !== "ERR_BUSY") this.#options.failed(error);
  };

  #give(visitor: Visitor): void {
    const token = this.#tokens.shift();
    if (token !== undefined) visitor.purse.add(token);
  }

  #visitor(range: HonestRange, index: number, keepsSession: boolean): Visitor {
    return new Visitor(this.#visitorOptions(range, index, keepsSession));
  }

  #visitorOptions(range: HonestRange, index: number, keepsSession: boolean): VisitorOptions {
    const { target, account, failed } = this.#options;
    const onVerdict: VisitorOptions["onVerdict"] = (proof, verdict) => this.#judged(range, proof, verdict);
    const onConnect = () => void this.dials.push(clock());
    return { target, account, failed, keepsSession, source: honestSource(range, index), onVerdict, onConnect };
  }

  #judged(range: HonestRange, proof: "none" | "ticket" | "token" | "work", verdict: Verdict): void {
    if (verdict.kind === "admitted") return;
    const isMember = proof === "ticket" || proof === "token";
    if (verdict.reason === "busy") this.refusals.busy[range === "crowd" ? "B" : range] += 1;
    else if (isMember) this.refusals.falseRefusals += 1;
  }
}

/** How long a first visit lasts, so that the TLS session that it leaves has arrived. */
const sessionMs = 30;
/** Everybody has to be back after so long. */
const returnMsMax = 60_000;
