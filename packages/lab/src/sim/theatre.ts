/** Builds what every kind of run needs before its people come on: time, chance, network, server, observer. */
import { MemoryStore, serverLimits } from "@rempart/server";
import type { SuiteName } from "@rempart/session";
import { type CanaryName, swapEntries } from "./canaries.ts";
import { CryptoMemo } from "./crypto-memo.ts";
import { Facts } from "./facts.ts";
import { type Guard, raiseGuard } from "./guard.ts";
import { type SimLink, SimNetwork } from "./network.ts";
import { Random } from "./random.ts";
import { Schedule, settle } from "./schedule.ts";
import { SecretRegister } from "./secrets.ts";
import { ServerMachine } from "./server-machine.ts";
import type { Stage } from "./stage.ts";
import { Trace } from "./trace.ts";
import { describeError, Violations } from "./violation.ts";
import { WireObserver } from "./wire-observer.ts";

export interface TheatreOptions {
  readonly seed: number;
  readonly canary?: CanaryName | undefined;
  readonly suites?: readonly SuiteName[] | undefined;
  readonly isPure?: boolean | undefined;
  readonly print?: ((line: string) => void) | undefined;
}

export interface Theatre {
  readonly stage: Stage;
  readonly observer: WireObserver;
  readonly server: ServerMachine;
  /** Draws what kind of run this is. */
  readonly shape: Random;
}

/** When every simulation begins. */
export const startMs = Date.UTC(2030, 0, 1);

export function openTheatre(options: TheatreOptions): Theatre {
  const random = new Random(`seed ${options.seed}`);
  const trace = new Trace(options.print);
  const violations = new Violations();
  const secrets = new SecretRegister();
  const schedule = new Schedule({ trace, startMs });
  // A reply is handed over before the server looks how much is waiting: one frame more than its limit may be.
  const outboundBytesMax = serverLimits.outboundBytesMax + 65_536;
  const isHonest = (link: SimLink) => server.isHonest(link);
  const observer = new WireObserver({ trace, violations, secrets, outboundBytesMax, isHonest });
  const network = new SimNetwork({ schedule, random: random.fork("network"), tap: observer });
  const stage: Stage = {
    random,
    schedule,
    trace,
    violations,
    secrets,
    network,
    facts: new Facts(violations),
    canary: options.canary,
    isPure: options.isPure === true,
    memo: new CryptoMemo(),
    suites: options.suites ?? ["MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"],
  };
  const shape = random.fork("shape");
  const server: ServerMachine = new ServerMachine({
    stage,
    store: new MemoryStore(),
    witness: (name, ask, answer) => observer.stored(name, ask, answer),
    ...(options.canary === "server-swaps-entries" ? { spoil: swapEntries } : {}),
    processCount: shape.between(1, 2),
    limits: serverLimits,
  });
  return { stage, observer, server, shape };
}

/** Performs `play` with the real world out of reach; whatever it throws or leaves unhandled is a violation. */
export async function perform(stage: Pick<Stage, "violations">, play: (guard: Guard) => Promise<void>): Promise<void> {
  const { violations } = stage;
  const unhandled = (reason: unknown) =>
    violations.report("I0", `a rejection that nobody handles: ${describeError(reason)}`, reason);
  process.on("unhandledRejection", unhandled);
  const guard = raiseGuard();
  try {
    await play(guard);
  } catch (error) {
    violations.report("I0", `the simulation itself failed: ${describeError(error)}`, error);
  } finally {
    await settle();
    guard.lift();
    process.off("unhandledRejection", unhandled);
  }
  const breach = guard.breaches[0];
  if (breach !== undefined) violations.report("I0", `the program reached for ${breach}`);
}
