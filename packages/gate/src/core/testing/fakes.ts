/** Doubles of the gate's ports: a clock that is moved by hand, entropy from a seed, cryptography of Node. */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { Clock, Crypto, Entropy, GatePorts, SpentSet, TokenVerifier } from "../../ports.ts";
import { Gate, type GateOptions } from "../gate.ts";
import type { Load, Source } from "../types.ts";
import type { Visit } from "../visit.ts";

const tagBytes = 16;

export class FakeClock implements Clock {
  nowMs = Date.UTC(2026, 5, 12, 9, 30);
  elapsedMs = 1_000;

  now(): number {
    return this.nowMs;
  }

  elapsed(): number {
    return this.elapsedMs;
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.elapsedMs += ms;
  }

  /** Somebody sets the wall clock; durations do not notice. */
  jump(ms: number): void {
    this.nowMs += ms;
  }
}

/** The same bytes for the same seed (xorshift32). */
export class SeededEntropy implements Entropy {
  #state: number;

  constructor(seed = 1) {
    this.#state = seed;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => {
      this.#state ^= this.#state << 13;
      this.#state ^= this.#state >>> 17;
      this.#state ^= this.#state << 5;
      return this.#state & 0xff;
    });
  }
}

export const nodeCrypto: Crypto = {
  sha256: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
  seal(key, nonce, plain) {
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  },
  open(key, nonce, sealed) {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    try {
      const plain = decipher.update(sealed.subarray(0, sealed.length - tagBytes));
      return new Uint8Array(Buffer.concat([plain, decipher.final()]));
    } catch {
      return undefined;
    }
  },
};

/** Takes the tokens that it was told of, by their bytes. */
export class FakeVerifier implements TokenVerifier {
  readonly issued = new Set<string>();
  expiresAt = Date.UTC(2026, 5, 20);
  checks = 0;

  issue(token: Uint8Array): Uint8Array {
    this.issued.add(Buffer.from(token).toString("hex"));
    return token;
  }

  check(token: Uint8Array, now: number): ReturnType<TokenVerifier["check"]> {
    this.checks += 1;
    if (!this.issued.has(Buffer.from(token).toString("hex"))) return { fault: "forged" };
    return now < this.expiresAt ? { expiresAt: this.expiresAt } : { fault: "expired" };
  }
}

/** A spent set in memory. `fails`: it writes nothing and rejects; `lies`: it writes, and rejects all the same. */
export class FakeSpentSet implements SpentSet {
  readonly ids = new Map<string, number>();
  trouble: "none" | "fails" | "lies" = "none";
  calls = 0;

  async spend(id: Uint8Array, expiresAt: number): Promise<boolean> {
    this.calls += 1;
    await Promise.resolve();
    if (this.trouble === "fails") throw new Error("the disk is full");
    const key = Buffer.from(id).toString("hex");
    const isFresh = !this.ids.has(key);
    if (isFresh) this.ids.set(key, expiresAt);
    if (this.trouble === "lies") throw new Error("the disk is full after all");
    return isFresh;
  }

  /** What a store does with what has expired. */
  sweep(now: number): void {
    for (const [key, expiresAt] of this.ids) if (expiresAt <= now) this.ids.delete(key);
  }
}

export interface FakeWorld {
  readonly clock: FakeClock;
  readonly tokens: FakeVerifier;
  readonly spent: FakeSpentSet;
  readonly ports: GatePorts;
  readonly gate: Gate;
  /** A gate with the same secret and the same spent set, as after a restart. */
  restarted(): Gate;
}

export const host = "chat.example";
export const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7);

export function makeWorld(limits: GateOptions["limits"] = {}): FakeWorld {
  const clock = new FakeClock();
  const tokens = new FakeVerifier();
  const spent = new FakeSpentSet();
  const ports: GatePorts = { clock, tokens, spent, crypto: nodeCrypto, entropy: new SeededEntropy(7) };
  const restarted = () => new Gate(ports, { secret, hosts: () => [host], limits });
  return { clock, tokens, spent, ports, gate: restarted(), restarted };
}

/** The `index`-th prefix of a make-believe network. */
export function sourceOf(index: number, network = 64_500): Source {
  const prefix = `10.${(index >> 8) & 0xff}.${index & 0xff}`;
  return { address: `${prefix}.1`, prefix: `${prefix}.0/24`, network };
}

export const quietLoad: Load = {
  loopDelayP99Ms: 1,
  loopBusyShare: 0.1,
  handshakeQueueAgeMs: 0,
  acceptOverflows: 0,
  connections: 0,
  unadmitted: 0,
  memoryShare: 0.1,
};

/** A visit that stands before its proof. Throws when the gate resets it. */
export function arrived(gate: Gate, source: Source = sourceOf(1)): Visit {
  const visit = gate.arrive(source);
  if (typeof visit === "string") throw new Error(`reset: ${visit}`);
  visit.enter("head");
  visit.enter("proof");
  return visit;
}

/** Whether what was awaited only by microtasks has been done. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
