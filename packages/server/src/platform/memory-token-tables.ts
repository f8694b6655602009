import { type AccountId, toHex } from "@rempart/protocol";
import type { GrantName, GrantTables, SpentTables, TokenKeyTables } from "../engine/tables.ts";
import { type TokenKeyRow, tokenKeyRowsMax } from "../store-operations.ts";
import { copy } from "./memory-rows.ts";

export class MemoryTokenKeyTables implements TokenKeyTables {
  readonly #keys = new Map<number, TokenKeyRow>();

  all(): readonly TokenKeyRow[] {
    return [...this.#keys.values()].sort((a, b) => a.day - b.day).slice(0, tokenKeyRowsMax);
  }

  insert({ day, modulus, privateKey }: TokenKeyRow): void {
    if (this.#keys.has(day)) return;
    const secret = privateKey === undefined ? undefined : copy(privateKey);
    this.#keys.set(day, { day, modulus: copy(modulus), privateKey: secret });
  }

  forgetPrivateBefore(day: number): void {
    for (const key of this.#keys.values()) {
      if (key.day < day) this.#keys.set(key.day, { ...key, privateKey: undefined });
    }
  }

  removeBefore(day: number): void {
    for (const known of [...this.#keys.keys()]) if (known < day) this.#keys.delete(known);
  }
}

export class MemoryGrantTables implements GrantTables {
  /** By account and day; then the batches by device. */
  readonly #grants = new Map<string, { readonly day: number; readonly batches: Map<string, Uint8Array> }>();

  find({ accountId, deviceId, day }: GrantName): Uint8Array | undefined {
    return this.#grants.get(nameOf(accountId, day))?.batches.get(toHex(deviceId));
  }

  count(accountId: AccountId, day: number): number {
    return this.#grants.get(nameOf(accountId, day))?.batches.size ?? 0;
  }

  insert({ accountId, deviceId, day }: GrantName, batch: Uint8Array): void {
    const name = nameOf(accountId, day);
    const known = this.#grants.get(name) ?? { day, batches: new Map<string, Uint8Array>() };
    known.batches.set(toHex(deviceId), copy(batch));
    this.#grants.set(name, known);
  }

  removeBefore({ day, rowsMax }: { day: number; rowsMax: number }): number {
    let removed = 0;
    for (const [name, grants] of this.#grants) {
      if (grants.day >= day) continue;
      for (const device of grants.batches.keys()) {
        if (removed >= rowsMax) return removed;
        grants.batches.delete(device);
        removed += 1;
      }
      this.#grants.delete(name);
    }
    return removed;
  }
}

function nameOf(accountId: AccountId, day: number): string {
  return `${toHex(accountId)} ${day}`;
}

export class MemorySpentTables implements SpentTables {
  readonly #spent = new Map<string, number>();

  insert(id: Uint8Array, expiresAt: number): boolean {
    const name = toHex(id);
    if (this.#spent.has(name)) return false;
    this.#spent.set(name, expiresAt);
    return true;
  }

  removeExpired({ before, rowsMax }: { before: number; rowsMax: number }): number {
    const expired = [...this.#spent].filter(([, expiresAt]) => expiresAt < before).slice(0, rowsMax);
    for (const [name] of expired) this.#spent.delete(name);
    return expired.length;
  }
}
