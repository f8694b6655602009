import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

test("so many attempts a second, however unevenly it is asked", () => {
  const pace = new Pace(1_000, 0);
  let made = 0;
  for (const now of [1, 7, 7, 40, 41, 200, 350, 500, 650, 800, 1_000]) made += pace.due(now);
  assert.equal(made, 1_000);
  assert.equal(pace.missed, 0);
});

test("what cannot be made in time is missed and counted, not made up in a burst", () => {
  const pace = new Pace(1_000, 0);
  assert.equal(pace.due(1_000), 200);
  assert.equal(pace.missed, 800);
  assert.equal(pace.due(1_000), 0);
});
