import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RecencyMap } from "./recency-map.ts";

describe("RecencyMap", () => {
  it("forgets what was used least recently, and looking without touching is no use", () => {
    const map = new RecencyMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    assert.equal(map.get("a"), 1);
    assert.equal(map.peek("b"), 2);
    map.set("c", 3);
    assert.deepEqual(
      [...map.entries()].map(([key]) => key),
      ["a", "c"],
    );
  });

  it("never holds more than its limit, and always what was set last", () => {
    const step = fc.tuple(fc.constantFrom("set", "get", "delete"), fc.nat(20));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step), (sizeMax, steps) => {
        const map = new RecencyMap<number, number>(sizeMax);
        for (const [what, key] of steps) {
          if (what === "set") map.set(key, key);
          if (what === "get") map.get(key);
          if (what === "delete") map.delete(key);
          assert.ok(map.size <= sizeMax);
          assert.equal(map.peek(key) ?? (what === "set" ? "lost" : key), key);
        }
      }),
    );
  });
});
