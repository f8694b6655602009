import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateLimits, toHex } from "@rempart/protocol";
import { Seeds } from "./seeds.ts";
import { nodeCrypto, secret } from "./testing/fakes.ts";

const { seedMs } = gateLimits;
const start = Math.ceil(Date.UTC(2026, 5, 12) / seedMs) * seedMs;
const make = () => new Seeds({ crypto: nodeCrypto, secret });

describe("[GT20] seeds", () => {
  it("change every ten minutes, and are the same for everybody and after a restart", () => {
    const seeds = make();
    const first = toHex(seeds.current(start).seed);
    assert.equal(toHex(make().current(start + seedMs - 1).seed), first);
    assert.notEqual(toHex(seeds.current(start + seedMs).seed), first);
  });

  it("are good for the period after their own, and say for how long", () => {
    const seeds = make();
    const { seed, validMs } = seeds.current(start + 1_000);
    assert.equal(validMs, 2 * seedMs - 1_000);
    assert.equal(seeds.endOf(seed, start + 2 * seedMs - 1), start + 2 * seedMs);
    assert.equal(seeds.endOf(seed, start + 2 * seedMs), undefined);
    assert.equal(seeds.endOf(seed, start - 1), undefined);
    assert.equal(seeds.endOf(new Uint8Array(16), start), undefined);
  });
});
