/** A service on simulated ports, with an account and logs ready made. */
import assert from "node:assert/strict";
import {
  authOf,
  type Capability,
  type ErrorCode,
  type GateMode,
  type InviteSecret,
  type LogId,
  ProtocolError,
  type Rotation,
} from "@rempart/protocol";
import { Service } from "../core/service.ts";
import type { Later } from "../core/turnstile.ts";
import type { ServerLimits } from "../limits.ts";
import { LocalBus } from "../platform/local-bus.ts";
import { MemoryStore, type MemoryStoreOptions } from "../platform/memory-store.ts";
import { systemCrypto, systemEntropy } from "../platform/node-ports.ts";
import { connectTo, MemoryLink, random, TestAccount, type TestClient } from "./test-client.ts";

export class TestClock {
  time = 1_800_000_000_000;

  now(): number {
    return this.time;
  }
}

export interface World {
  readonly service: Service;
  readonly clock: TestClock;
  readonly bus: LocalBus;
  readonly store: MemoryStore;
  readonly firstInvite: InviteSecret;
  /** Errors that the service reported. */
  readonly reports: unknown[];
}

export interface WorldOptions extends MemoryStoreOptions {
  readonly limits?: Partial<ServerLimits>;
  readonly bus?: LocalBus;
  readonly pressure?: GateMode;
  /** Ends slices of time by hand. */
  readonly later?: Later;
}

export async function newWorld({
  limits = {},
  bus = new LocalBus(),
  pressure = "normal",
  later,
  ...storeOptions
}: WorldOptions = {}): Promise<World> {
  const clock = new TestClock();
  const store = new MemoryStore(storeOptions);
  const reports: unknown[] = [];
  const ports = { store, bus, clock, entropy: systemEntropy, crypto: systemCrypto };
  const report = (error: unknown) => void reports.push(error);
  const service = new Service(ports, { limits, pressure: () => pressure, report, ...(later && { later }) });
  const firstInvite = await service.createFirstInvite();
  if (firstInvite === undefined) throw new Error("the world is not new");
  return { service, clock, bus, store, firstInvite, reports };
}

/** That a request is refused, and with this code. */
export function refusal(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  return assert.rejects(promise, (error) => error instanceof ProtocolError && error.code === code);
}

/** A client that has signed in as the first account, an admin. */
export async function signedIn({ service, firstInvite }: World): Promise<TestClient> {
  const client = await connectTo(service);
  await new TestAccount().register(client, firstInvite);
  return client;
}

export class TestLog {
  readonly logId: LogId = random("LogId");
  readKey: Capability = random("Capability");
  writeKey: Capability = random("Capability");

  static async create(client: TestClient): Promise<TestLog> {
    const log = new TestLog();
    await client.request("create", { logId: log.logId, ...log.auths, policy: { retentionSeconds: 0 } });
    return log;
  }

  get auths(): Rotation {
    return { readAuth: authOf(this.readKey), writeAuth: authOf(this.writeKey) };
  }

  append(client: TestClient, more: { entryId?: ReturnType<typeof entryIdOf>; size?: number; fill?: number } = {}) {
    const { entryId = entryIdOf(), size = 10, fill = 0 } = more;
    const { logId, writeKey } = this;
    const bytes = new Uint8Array(size).fill(fill);
    return client.request("append", { logId, writeKey, entryId, ifEpoch: undefined, next: undefined, bytes });
  }

  /** Appends a commit that ends `ifEpoch`, and goes on with new keys. */
  async rotate(client: TestClient, ifEpoch: number): Promise<{ old: TestLog; seq: number }> {
    const { logId, writeKey } = this;
    const old = Object.assign(new TestLog(), this);
    const keys = { readKey: random("Capability"), writeKey: random("Capability") };
    const next = { readAuth: authOf(keys.readKey), writeAuth: authOf(keys.writeKey) };
    const bytes = new Uint8Array([1]);
    const { seq } = await client.request("append", { logId, writeKey, entryId: entryIdOf(), ifEpoch, next, bytes });
    Object.assign(this, keys);
    return { old, seq };
  }

  subscribe(client: TestClient, fromSeq = 1) {
    const { logId, readKey } = this;
    return client.request("subscribe", { subscriptions: [{ logId, readKey, fromSeq }] });
  }
}

export const entryIdOf = () => random("EntryId");

/** A connection whose client can stop reading. */
export async function linkTo(service: Service): Promise<MemoryLink> {
  const link = new MemoryLink(service);
  await link.client.hello();
  return link;
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
