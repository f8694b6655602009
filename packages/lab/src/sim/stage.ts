/** What everything in one simulation shares. */
import type { SuiteName } from "@rempart/session";
import type { CanaryName } from "./canaries.ts";
import type { CryptoMemo } from "./crypto-memo.ts";
import type { Facts } from "./facts.ts";
import type { SimNetwork } from "./network.ts";
import type { Random } from "./random.ts";
import type { Schedule } from "./schedule.ts";
import type { SecretRegister } from "./secrets.ts";
import type { Trace } from "./trace.ts";
import type { Violations } from "./violation.ts";

export interface Stage {
  readonly random: Random;
  readonly schedule: Schedule;
  readonly trace: Trace;
  readonly violations: Violations;
  readonly secrets: SecretRegister;
  readonly network: SimNetwork;
  readonly facts: Facts;
  /** What is broken on purpose in this run. */
  readonly canary: CanaryName | undefined;
  /** Whether cryptography is pure TypeScript throughout, instead of Node's, which is faster and gives the same bytes. */
  readonly isPure: boolean;
  /** What devices have worked out and need not work out again. */
  readonly memo: CryptoMemo;
  /** Cipher suites that devices offer, the preferred one first. */
  readonly suites: readonly SuiteName[];
}

/** Where simulated clients believe their server to be. */
export const serverOrigin = "https://server.example";
