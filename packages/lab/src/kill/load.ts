import { asId, limits, ProtocolError } from "@rempart/protocol";
import { LabError } from "../lab-error.ts";
import type { Random } from "../random.ts";
import { LabClient, type LabLog } from "../wire/lab-client.ts";
import { bodyOf } from "./body.ts";
import type { Ledger, Sent } from "./ledger.ts";

/** Appends that one connection keeps on their way. */
const window = 32;

/** A log under load, and what it has promised. */
export interface LoadedLog {
  readonly log: LabLog;
  readonly ledger: Ledger;
}

/** One connection that appends to all logs, as fast as it is acknowledged, until it is cut. */
export class Writer {
  readonly #client: LabClient;
  readonly #logs: readonly LoadedLog[];
  readonly #random: Random;
  /** Unlike any other writer's of the whole run: the ledger tells writers apart by it. */
  readonly #number: number;
  #counter = 0;

  constructor(client: LabClient, options: { logs: readonly LoadedLog[]; random: Random; number: number }) {
    this.#client = client;
    this.#logs = options.logs;
    this.#random = options.random;
    this.#number = options.number;
  }

  /** Resolves when the connection has ended. Throws when the server refuses an append. */
  async writeUntilCut(): Promise<void> {
    await Promise.all(Array.from({ length: window }, () => this.#loop()));
  }

  async #loop(): Promise<void> {
    while (!this.#client.socket.isClosed) {
      const target = this.#logs[this.#random.between(0, this.#logs.length - 1)];
      if (target === undefined) return;
      const entryId = asId("EntryId", this.#random.bytes(16));
      const sent: Sent = { entryId, writer: this.#number, counter: this.#counter++ };
      target.ledger.send(sent);
      if (!(await append(this.#client, target, sent))) return;
    }
  }
}

/** Appends, or tries again, and notes the acknowledgement; false when the connection ended first. */
export async function append(client: LabClient, { log, ledger }: LoadedLog, sent: Sent): Promise<boolean> {
  const { logId, writeKey } = log;
  const bytes = bodyOf(sent.entryId);
  const request = { logId, writeKey, entryId: sent.entryId, ifEpoch: undefined, next: undefined, bytes };
  try {
    ledger.acknowledge(sent, (await client.request("append", request)).seq);
    return true;
  } catch (error) {
    if (error instanceof LabError && error.code === "ERR_CONNECTION") return false;
    if (error instanceof ProtocolError) throw new LabError("ERR_BENCH", `an append was refused: ${error.code}`);
    throw error;
  }
}

/** A connection that is subscribed to all logs and notes what it is sent live. */
export async function watch(address: { host: string; port: number }, logs: readonly LoadedLog[]): Promise<LabClient> {
  const client = await LabClient.open(address);
  client.onPush = (push) => {
    if (push.name !== "entries") return;
    const watched = logs.find(({ log }) => log.logId.every((byte, i) => byte === push.body.logId[i]));
    for (const entry of push.body.entries) watched?.ledger.seeLive(entry);
  };
  for (const { log, ledger } of logs) await client.subscribe(log, ledger.checkedSeq + 1);
  return client;
}

/** Reads the part of each log that has not been compared yet, and compares it. */
export async function compare(client: LabClient, logs: readonly LoadedLog[]): Promise<void> {
  for (const { log, ledger } of logs) {
    try {
      while ((await readPage(client, log, ledger)) > 0);
      ledger.finish();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      ledger.missing(error.code);
    }
  }
}

async function readPage(client: LabClient, { logId, readKey }: LabLog, ledger: Ledger): Promise<number> {
  const fromSeq = ledger.checkedSeq + 1;
  const { entries } = await client.request("read", { logId, readKey, fromSeq, limit: limits.entriesPerFrameMax });
  for (const entry of entries) ledger.check(entry);
  return entries.length;
}
