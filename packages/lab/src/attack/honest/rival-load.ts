import { randomBytes } from "node:crypto";
import { Random } from "../../random.ts";
import { type HonestLane, honestLanes, type Rates, transactionMsMax } from "../settings.ts";
import { type HonestRange, honestSource } from "../sources.ts";
import type { Target } from "../target.ts";
import { Ledger, type Transaction } from "./ledger.ts";
import type { RivalProtocol } from "./rival-protocols.ts";
import { RivalSession } from "./rival-session.ts";
import { clock, Schedule } from "./schedule.ts";
import { pause, settledWithin } from "./waiting.ts";

const pairs = 8;
const newcomerHomes = 512;
/** First pause before another attempt, and the longest; each is drawn between nothing and that. Milliseconds. */
const retryMs = 250;
const retryMsMax = 4_000;
const returnMsMax = 60_000;

export interface RivalLoadOptions {
  readonly target: Target;
  readonly protocol: RivalProtocol;
  readonly rates: Rates;
  readonly crowd: number;
  readonly seed: number;
}

/** Somebody who connects, perhaps again and again, from one place and under one name. */
class RivalClient {
  session: RivalSession | undefined;
  readonly #options: RivalLoadOptions;
  readonly #source: string;
  readonly #name: string;
  readonly #keepsSession: boolean;
  #tlsSession: Buffer | undefined;

  constructor(options: RivalLoadOptions, source: string, name: string, keepsSession: boolean) {
    this.#options = options;
    this.#source = source;
    this.#name = name;
    this.#keepsSession = keepsSession;
  }

  /** Connects and signs in, with full jitter after every failure, until `givesUpAt`. */
  async come(givesUpAt: number): Promise<RivalSession | undefined> {
    for (let failures = 0; clock() < givesUpAt; failures++) {
      if (this.session !== undefined && !this.session.isClosed) return this.session;
      try {
        this.session = await this.#enter(givesUpAt);
        if (this.session !== undefined) return this.session;
      } catch {
        // Refused or cut: come again, a little later each time.
        await pause(Math.min(retryMsMax, retryMs * 2 ** failures) * Math.random());
      }
    }
    return undefined;
  }

  leave(): void {
    this.session?.close();
    this.session = undefined;
  }

  async #enter(givesUpAt: number): Promise<RivalSession | undefined> {
    const tls = {
      session: this.#keepsSession ? this.#tlsSession : undefined,
      onSession: (session: Buffer) => {
        this.#tlsSession = session;
      },
    };
    let opened: RivalSession | undefined;
    const entering = (async () => {
      opened = await RivalSession.open(this.#options.target, this.#source, tls);
      await this.#options.protocol.signIn(opened, this.#name);
    })();
    const isIn = await settledWithin(givesUpAt - clock(), entering);
    if (isIn) return opened;
    opened?.close();
    return undefined;
  }
}

/** The honest side against a rival: lane A stays connected, lane B returns with its TLS session, lane D comes for the first time. */
export class RivalLoad {
  readonly transactions: Transaction[] = [];
  readonly #options: RivalLoadOptions;
  readonly #ledger = new Ledger();
  readonly #recipients: RivalClient[];
  readonly #senders: RivalClient[];
  readonly #returning: RivalClient[];
  readonly #crowd: RivalClient[];
  readonly #schedules: Schedule[];
  readonly #pending = new Set<Promise<void>>();
  #turn = 0;
  #isOver = false;

  constructor(options: RivalLoadOptions) {
    this.#options = options;
    const { rates } = options;
    const clients = (count: number, range: HonestRange, name: string) =>
      Array.from({ length: count }, (_, i) => new RivalClient(options, honestSource(range, i), `${name}-${i}`, true));
    this.#recipients = clients(pairs, "A", "recipient");
    this.#senders = clients(pairs, "A", "sender");
    this.#returning = clients(Math.ceil((rates.B * transactionMsMax * 1.5) / 1_000), "B", "returning");
    this.#crowd = clients(options.crowd, "crowd", "crowd");
    const random = new Random(options.seed);
    this.#schedules = honestLanes
      .filter((lane) => rates[lane] > 0)
      .map((lane) => new Schedule(rates[lane], random, (at) => this.#begin(lane, at)));
  }

  async settle(): Promise<void> {
    const { target, protocol } = this.#options;
    const founder = await RivalSession.open(target, honestSource("A", 255), {
      session: undefined,
      onSession: () => undefined,
    });
    await protocol.register(founder);
    founder.close();
    for (const [index] of this.#recipients.entries()) await this.#listen(index);
    for (const client of [...this.#senders, ...this.#crowd]) await client.come(clock() + transactionMsMax);
    for (const client of this.#returning) {
      await client.come(clock() + transactionMsMax);
      client.leave();
    }
  }

  start(): void {
    for (const schedule of this.#schedules) schedule.start(clock());
  }

  async cease(): Promise<void> {
    for (const schedule of this.#schedules) schedule.stop();
    await Promise.all(this.#pending);
  }

  async returnAll(): Promise<readonly number[]> {
    const from = clock();
    for (const client of this.#crowd) client.leave();
    return Promise.all(
      this.#crowd.map(async (client) => {
        const session = await client.come(from + returnMsMax);
        return session === undefined ? Number.POSITIVE_INFINITY : clock() - from;
      }),
    );
  }

  /** Acknowledged messages that have not reached their recipient. */
  lost(): number {
    this.#isOver = true;
    for (const client of [...this.#recipients, ...this.#senders, ...this.#returning, ...this.#crowd]) client.leave();
    return this.#ledger.undelivered();
  }

  /** A recipient that is cut off comes back, for as long as the run goes on. */
  async #listen(index: number): Promise<void> {
    const recipient = this.#recipients[index];
    const session = await recipient?.come(clock() + returnMsMax);
    if (session === undefined) return;
    await this.#options.protocol.listen(session, index, (id) => this.#ledger.arrived(Buffer.from(id, "hex")));
    void session.closed.then(() => (this.#isOver ? undefined : this.#listen(index)));
  }

  #begin(lane: HonestLane, at: number): void {
    this.#turn += 1;
    const client = this.#nextClient(lane);
    const pending = this.#transact(lane, at, client).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  #nextClient(lane: HonestLane): RivalClient | undefined {
    if (lane === "A") return this.#senders[this.#turn % pairs];
    if (lane === "B") return this.#returning.shift();
    return new RivalClient(this.#options, honestSource("D", this.#turn % newcomerHomes), `new-${this.#turn}`, false);
  }

  async #transact(lane: HonestLane, at: number, client: RivalClient | undefined): Promise<void> {
    const givesUpAt = at + transactionMsMax;
    const recipient = this.#turn % pairs;
    const entryId = randomBytes(16);
    let reached: Transaction["reached"] = "connecting";
    const work = async () => {
      const session = await client?.come(givesUpAt);
      if (session === undefined) return;
      reached = "sending";
      await this.#options.protocol.send(session, recipient, entryId.toString("hex"));
      this.#ledger.acknowledged(entryId);
      reached = "delivery";
      await this.#ledger.delivery(entryId);
      reached = "done";
    };
    // A connection that was lost in the middle: the transaction has failed, and says so by not being done.
    await settledWithin(
      givesUpAt - clock(),
      work().catch(() => undefined),
    );
    this.transactions.push({ lane, at, ms: clock() - at, reached });
    if (lane === "A") return;
    client?.leave();
    if (lane === "B" && client !== undefined) this.#returning.push(client);
  }
}
