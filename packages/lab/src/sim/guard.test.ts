import assert from "node:assert/strict";
import { test } from "node:test";
import { raiseGuard } from "./guard.ts";

const reaches: readonly (readonly [string, () => unknown])[] = [
  ["Date.now", () => Date.now()],
  ["Date.now", () => new Date()],
  ["Math.random", () => Math.random()],
  ["performance.now", () => performance.now()],
  ["setTimeout", () => setTimeout(() => undefined, 0)],
  ["setInterval", () => setInterval(() => undefined, 1)],
  ["setImmediate", () => setImmediate(() => undefined)],
  ["fetch", () => fetch("data:,")],
  ["crypto.getRandomValues", () => crypto.getRandomValues(new Uint8Array(1))],
];

for (const [name, reach] of reaches) {
  test(`under the guard ${name} throws and is noted, even when the error is swallowed`, () => {
    const guard = raiseGuard();
    try {
      assert.throws(reach, /the simulation reached for/);
    } finally {
      guard.lift();
    }
    assert.deepEqual(guard.breaches, [name]);
  });
}

test("randomness of node:crypto is out of reach as well", async () => {
  const nodeCrypto = await import("node:crypto");
  const guard = raiseGuard();
  try {
    assert.throws(() => nodeCrypto.randomBytes(1), /the simulation reached for/);
  } finally {
    guard.lift();
  }
  assert.equal(guard.breaches.length, 1);
  assert.equal(nodeCrypto.randomBytes(1).length, 1);
});

test("a lifted guard gives everything back; dates of given times work throughout", () => {
  const guard = raiseGuard();
  const date = new Date(86_400_000);
  guard.lift();
  assert.equal(date.toISOString(), "1970-01-02T00:00:00.000Z");
  assert.ok(Date.now() > 0 && Math.random() < 1);
  assert.deepEqual(guard.breaches, []);
});
