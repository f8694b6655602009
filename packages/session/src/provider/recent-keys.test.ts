import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import { RecentKeys } from "./recent-keys.ts";

test("a key is imported once while it is among the latest, and again after that", () => {
  const imported: number[] = [];
  const keys = new RecentKeys(2, (key) => {
    imported.push(key[0] ?? 0);
    return createSecretKey(key);
  });
  for (const name of [1, 2, 1, 1, 3, 1, 2]) {
    assert.deepEqual([...keys.get(Uint8Array.of(name)).export()], [name]);
  }
  // 3 drove out 2, which was used longest ago, not 1.
  assert.deepEqual(imported, [1, 2, 3, 2]);
});

test("the bytes that a caller overwrites later change no key", () => {
  const keys = new RecentKeys(2, (key) => createSecretKey(key));
  const bytes = Uint8Array.of(1, 1);
  keys.get(bytes);
  bytes.fill(0);
  assert.deepEqual([...keys.get(Uint8Array.of(1, 1)).export()], [1, 1]);
  assert.deepEqual([...keys.get(bytes).export()], [0, 0]);
});
