/** The honest clients' process. */
import { randomBytes } from "node:crypto";
import { asId, authOf, limits } from "@rempart/protocol";
import { type LabAccount, type LabLog, newAccount, newLog } from "../../wire/lab-client.ts";
import { answerQuestions, tell } from "../helper.ts";
import type { Supplies } from "../hostile/field.ts";
import type { Rates } from "../settings.ts";
import { honestSource } from "../sources.ts";
import type { Target } from "../target.ts";
import type { Transaction } from "./ledger.ts";
import { Load, type Refusals } from "./load.ts";
import { Visitor } from "./visitor.ts";

export interface HonestSettings {
  readonly target: Target;
  /** The first invitation of the server. */
  readonly inviteSecret: Uint8Array;
  readonly rates: Rates;
  readonly tokens: readonly Uint8Array[];
  readonly crowd: number;
  readonly seed: number;
}

export interface HonestQuestions {
  /** Registers, makes the logs, connects lane A. Answers a log that attackers who are members may use. */
  settle(): NonNullable<Supplies["log"]>;
  start(): void;
  cease(): void;
  /** All transactions that have ended since the last time. */
  transactions(): readonly Transaction[];
  /** How long each of the crowd took to come back; infinite for whoever did not within a minute. */
  returnAll(): readonly number[];
  /** Lost messages, what honest members were told at the gate, and when anybody honest dialled. */
  finish(): { readonly lost: number; readonly refusals: Refusals; readonly dials: readonly number[] };
}

const logsMax = 8;
/** Large entries in the attackers' log: enough to fill any buffer that a slow reader leaves. */
const largeEntries = 24;

const failed = (error: unknown) => tell(error instanceof Error ? (error.stack ?? error.message) : String(error));

answerQuestions((settings: HonestSettings) => {
  const account = newAccount();
  const logs = Array.from({ length: logsMax }, newLog);
  const attackersLog = newLog();
  const load = new Load({ ...settings, account, logs, failed });
  let told = 0;
  return {
    async settle() {
      await prepareServer(settings, { account, logs, attackersLog });
      await load.settle();
      return attackersLog;
    },
    start: () => load.start(),
    cease: () => load.cease(),
    transactions() {
      const fresh = load.transactions.slice(told);
      told = load.transactions.length;
      return fresh;
    },
    returnAll: () => load.returnAll(),
    async finish() {
      const lost = await load.lost();
      load.close();
      return { lost, refusals: load.refusals, dials: load.dials };
    },
  };
});

interface Founding {
  readonly account: LabAccount;
  readonly logs: readonly LabLog[];
  readonly attackersLog: LabLog;
}

async function prepareServer(
  { target, inviteSecret }: HonestSettings,
  { account, logs, attackersLog }: Founding,
): Promise<void> {
  const source = honestSource("A", 255);
  const onVerdict = () => undefined;
  const founder = new Visitor({ target, source, account, inviteSecret, keepsSession: false, onVerdict, failed });
  await founder.come();
  for (const log of [...logs, attackersLog]) {
    const { logId, readKey, writeKey } = log;
    const policy = { retentionSeconds: 0 };
    const request = { logId, readAuth: authOf(readKey), writeAuth: authOf(writeKey), policy };
    await founder.connection.request("create", request);
  }
  for (let i = 0; i < largeEntries; i++) {
    await founder.connection.request("append", {
      logId: attackersLog.logId,
      writeKey: attackersLog.writeKey,
      entryId: asId("EntryId", new Uint8Array(randomBytes(16))),
      ifEpoch: undefined,
      next: undefined,
      bytes: new Uint8Array(limits.entryBytesMax),
    });
  }
  founder.connection.close();
}
