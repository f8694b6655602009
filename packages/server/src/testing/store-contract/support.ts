/** What the groups of the store's contract share. */
import assert from "node:assert/strict";
import { asId, authOf, type Branded, type ErrorCode, type idBytes, ProtocolError } from "@rempart/protocol";
import type { Store } from "../../ports.ts";

export const now = 1_800_000_000_000;
export const dayMs = 86_400_000;

export type Cases = Readonly<Record<string, (store: Store) => Promise<void>>>;

let counter = 0;

/** A fresh id: bytes that no other one of this run has. */
export function fresh<Name extends keyof typeof idBytes>(name: Name, length: number): Branded<Name> {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, ++counter);
  return asId(name, bytes);
}

export const freshAuth = () => authOf(fresh("Capability", 32));
export const logIdOf = () => fresh("LogId", 16);

export async function refusal(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (error) => error instanceof ProtocolError && error.code === code);
}

/** Sweeps until a round is complete; returns how many rows that removed. */
export async function sweepAll(store: Store, at: number, rowsMax = 100): Promise<number> {
  let removed = 0;
  for (let cursor = 0, rounds = 0; rounds < 1_000; rounds++) {
    const answer = await store.submit("sweep", { now: at, cursor, logsMax: 2, rowsMax });
    assert.ok(answer.removed <= rowsMax);
    removed += answer.removed;
    cursor = answer.cursor;
    if (cursor === 0) return removed;
  }
  return assert.fail("the sweep does not come to its end");
}
