import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Served } from "./served.ts";

describe("Served", () => {
  it("fades to a third in its time, and forgets who was served long ago", () => {
    const served = new Served({ keysMax: 10, fadeMs: 1_000 });
    served.add("a", 0);
    served.add("a", 0);
    assert.equal(served.of("a", 0), 2);
    assert.ok(Math.abs(served.of("a", 1_000) - 2 / Math.E) < 1e-9);
    assert.equal(served.of("b", 0), 0);
    served.add("b", 3_000);
    assert.equal(served.of("a", 3_000), 0);
    assert.equal(served.size, 1);
  });

  it("keeps the total of those whom it has forgotten to make room", () => {
    const served = new Served({ keysMax: 2, fadeMs: 1_000 });
    for (const key of ["a", "b", "c", "d"]) served.add(key, 5);
    assert.equal(served.size, 2);
    assert.equal(served.total(5), 4);
  });
});
