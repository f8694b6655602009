/**
 * While a simulation runs, the real clock, real randomness and the real network are out of reach: each
 * global that leads to them is replaced by one that notes the attempt and throws. An engine that swallows
 * the error is caught all the same, because the note stays.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { Random } from "./random.ts";

const forbiddenFunctions = ["setTimeout", "setInterval", "setImmediate", "fetch", "WebSocket"] as const;
const forbiddenCrypto = ["randomBytes", "randomFillSync", "randomFill", "randomUUID", "randomInt"];

export interface Guard {
  /** Names of what was reached for, in order; empty in a pure run. */
  readonly breaches: readonly string[];
  /** Puts the globals back. */
  lift(): void;
}

/** Replaces the globals until the guard is lifted. One guard at a time. */
export function raiseGuard(): Guard {
  const breaches: string[] = [];
  const undo: (() => void)[] = [];
  const forbid = (name: string) => (): never => {
    breaches.push(name);
    throw new Error(`the simulation reached for ${name}`);
  };
  const replace = (holder: object, key: string, value: unknown) => {
    const before = Object.getOwnPropertyDescriptor(holder, key);
    Object.defineProperty(holder, key, { value, configurable: true, writable: true });
    undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(holder, key);
      else Object.defineProperty(holder, key, before);
    });
  };

  for (const name of forbiddenFunctions) replace(globalThis, name, forbid(name));
  replace(globalThis, "Date", frozenDate(forbid("Date.now")));
  replace(Math, "random", forbid("Math.random"));
  replace(performance, "now", forbid("performance.now"));
  const none = forbid("crypto");
  const getRandomValues = blindingOnly(forbid("crypto.getRandomValues"));
  replace(globalThis, "crypto", { getRandomValues, randomUUID: none, subtle: undefined });
  const nodeCrypto = createRequire(import.meta.url)("node:crypto") as object;
  for (const name of forbiddenCrypto) replace(nodeCrypto, name, forbid(`node:crypto.${name}`));
  syncBuiltinESMExports();

  return {
    breaches,
    lift() {
      for (const step of undo.reverse()) step();
      syncBuiltinESMExports();
    },
  };
}

/**
 * @noble/curves multiplies secrets by blinded scalars. No result depends on the blinding, only what somebody
 * with a stopwatch could learn, so it gets bytes here that are the same in every run.
 */
function blindingOnly(forbidden: () => never): (bytes: Uint8Array) => Uint8Array {
  const random = new Random("blinding");
  return (bytes) => {
    if (!/\bmulCTBlinded\b/.test(new Error("who asks").stack ?? "")) forbidden();
    bytes.set(random.bytes(bytes.length));
    return bytes;
  };
}

/** A `Date` that still converts times it is given, but does not know what time it is. */
function frozenDate(forbidden: () => never): DateConstructor {
  const frozen = class extends Date {
    constructor(...args: unknown[]) {
      if (args.length === 0) forbidden();
      super(args[0] as number);
      if (args.length > 1) throw new TypeError("a simulation takes dates from one number or text");
    }
  };
  Object.defineProperty(frozen, "now", { value: forbidden, configurable: true });
  return frozen as unknown as DateConstructor;
}
