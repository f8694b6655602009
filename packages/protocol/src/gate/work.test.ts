import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { fromHex, toHex } from "../ids.ts";
import { gateLimits } from "./limits.ts";
import { isSolved, isWorkHash, workBound, workPrefix } from "./work.ts";

const host = "chat.example";
const task = {
  seed: Uint8Array.from({ length: 16 }, (_, i) => i),
  nonce: Uint8Array.from({ length: 16 }, (_, i) => 16 + i),
  effort: 3,
};
/** Found with another language's SHA-256: the least counter that solves the task above. */
const solution = fromHex("00000000000018e2");

describe("[GT20] work", () => {
  it("has this prefix, this bound and this least solution", () => {
    const prefix = workPrefix({ ...task, host });
    assert.equal(toHex(prefix), "f2ebbc14eab6db34d92e25548b4ed65e06b2521a70eb9894f9b218062b468892");
    assert.equal(workBound(task.effort), 5_726_623_061);
    const hash = sha256(Uint8Array.of(...prefix, ...solution));
    assert.equal(toHex(hash), "0000d44405c2261974b0518a95aad37845c4b0d4c53688f2df16365eb112121d");
    assert.equal(isSolved({ ...task, solution }, host), true);
    for (let counter = 0; counter < 0x18e2; counter += 97) {
      const other = new Uint8Array(8);
      new DataView(other.buffer).setUint32(4, counter);
      assert.equal(isSolved({ ...task, solution: other }, host), false);
    }
  });

  it("is worth nothing for another host, seed, nonce, effort or counter", () => {
    const work = { ...task, solution };
    const changed = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
    assert.equal(isSolved(work, "other.example"), false);
    assert.equal(isSolved({ ...work, seed: changed(work.seed) }, host), false);
    assert.equal(isSolved({ ...work, nonce: changed(work.nonce) }, host), false);
    assert.equal(isSolved({ ...work, solution: changed(work.solution) }, host), false);
    for (const effort of [0, 1, 2, 4, gateLimits.effortMax, gateLimits.effortMax + 1, 65_535]) {
      assert.equal(isSolved({ ...work, effort }, host), false, `effort ${effort}`);
    }
  });

  it("compares the first six bytes of the hash with the bound, as a number", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(2 ** 48 - 1), (hash, bound) => {
        assert.equal(isWorkHash(hash, bound), Number.parseInt(toHex(hash.subarray(0, 6)), 16) < bound);
      }),
    );
  });

  it("takes twice the hashes for twice the effort", () => {
    assert.equal(workBound(1), 2 ** 48 / gateLimits.workUnitHashes);
    assert.ok(Math.abs(workBound(100) / workBound(200) - 2) < 1e-6);
  });
});
