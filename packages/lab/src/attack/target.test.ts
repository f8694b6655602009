import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../random.ts";
import { attackerSource, honestSource, hostileSource, placeOf } from "./sources.ts";
import { requireLoopback } from "./target.ts";

test("only addresses of the loopback are attacked, or attacked from", () => {
  for (const host of ["127.0.0.1", "127.255.255.254"]) requireLoopback(host);
  for (const host of ["128.0.0.1", "localhost", "127.0.0.1.example", "::1", "10.127.0.1", "127.1", ""]) {
    assert.throws(() => requireLoopback(host), { code: "ERR_USAGE" }, host);
  }
});

test("honest clients and attackers never share a prefix", () => {
  const prefix = (address: string) => address.split(".").slice(0, 3).join(".");
  const ranges = ["A", "B", "C", "D", "crowd"] as const;
  const honest = ranges.flatMap((range) => Array.from({ length: 600 }, (_, i) => honestSource(range, i)));
  assert.equal(new Set(honest.map(prefix)).size, honest.length);
  const random = new Random(1);
  const hostile = Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? hostileSource(random) : attackerSource(i)));
  const homes = new Set(honest.map(prefix));
  assert.deepEqual(
    hostile.filter((address) => homes.has(prefix(address))),
    [],
  );
  for (const address of [...honest, ...hostile]) requireLoopback(address);
  assert.ok(hostile.every((address) => /^X[A-Z]$/.test(placeOf(address).country)));
  assert.ok(honest.every((address) => placeOf(address).country === "QM"));
});
