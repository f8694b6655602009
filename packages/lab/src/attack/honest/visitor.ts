import { randomBytes, sign } from "node:crypto";
import { Connection, Entrance } from "@rempart/client";
import { nodeClock, threadSolver } from "@rempart/client/platform/node";
import { accountProof, asId, hostOf, type Push, type Verdict } from "@rempart/protocol";
import type { LabAccount, LabLog } from "../../wire/lab-client.ts";
import type { Target } from "../target.ts";
import { HonestNetwork } from "./network.ts";
import { MemoryPurse, MemoryWallet } from "./wallet.ts";

export interface VisitorOptions {
  readonly target: Target;
  readonly source: string;
  readonly account: LabAccount;
  /** The invitation with which it registers, where the account is not registered yet. */
  readonly inviteSecret?: Uint8Array;
  readonly keepsSession: boolean;
  readonly onConnect?: () => void;
  readonly online?: () => void;
  readonly push?: (push: Push) => void;
  readonly onVerdict: (proof: "none" | "ticket" | "token" | "work", verdict: Verdict) => void;
  /** Whatever the SDK did not expect. */
  readonly failed: (error: unknown) => void;
}

/** An honest client: the SDK's own connection, entrance, backoff and obedience, without the MLS behind them. */
export class Visitor {
  readonly purse = new MemoryPurse();
  readonly wallet = new MemoryWallet();
  readonly connection: Connection;
  readonly #origin: string;
  #waiting: (() => void)[] = [];

  constructor(options: VisitorOptions) {
    const { target, source, keepsSession, onVerdict, onConnect, failed } = options;
    this.#origin = `${target.isTls ? "https" : "http"}://${target.host}:${target.port}`;
    this.connection = new Connection({
      network: new HonestNetwork({
        target,
        source,
        keepsSession,
        onVerdict,
        ...(onConnect === undefined ? {} : { onConnect }),
      }),
      clock: nodeClock,
      entrance: new Entrance({ wallet: this.wallet, purse: this.purse, clock: nodeClock }),
      solver: threadSolver,
      fraction: Math.random,
      randomBytes: (count) => new Uint8Array(randomBytes(count)),
      agent: "rempart-lab",
      handlers: {
        prove: (challenge, requests) => {
          const { accountId } = options.account;
          const use = options.inviteSecret === undefined ? "authenticate" : "register";
          const proof = accountProof(use, { challenge, host: hostOf(this.#origin), accountId });
          const signature = new Uint8Array(sign(null, proof, options.account.privateKey));
          if (options.inviteSecret === undefined) {
            return requests.send("authenticate", { accountId, signature }).then(({ role }) => role);
          }
          const inviteSecret = asId("InviteSecret", options.inviteSecret);
          return requests.send("register", { inviteSecret, accountId, signature }).then(({ role }) => role);
        },
        online: () => {
          options.online?.();
          for (const waiting of this.#waiting.splice(0)) waiting();
        },
        push: (push) => options.push?.(push),
        changed: () => undefined,
        failed,
      },
    });
  }

  /** Resolves as soon as it is online; it tries for as long as it is not told to leave. */
  come(): Promise<void> {
    if (this.connection.isOnline) return Promise.resolve();
    const online = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.connection.connect(this.#origin);
    return online;
  }

  leave(): void {
    this.#waiting = [];
    this.connection.stop();
  }

  /** Appends an entry of about 400 bytes; resolves when it is durable. */
  async append(log: LabLog, entryId: Uint8Array): Promise<void> {
    await this.connection.request("append", {
      logId: log.logId,
      writeKey: log.writeKey,
      entryId: asId("EntryId", entryId),
      ifEpoch: undefined,
      next: undefined,
      bytes: body,
    });
  }
}

const body = new Uint8Array(400).fill(0x61);
