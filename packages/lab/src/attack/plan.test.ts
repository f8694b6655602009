import assert from "node:assert/strict";
import { test } from "node:test";
import { attackNames, attackOf, attacks } from "./attacks.ts";
import { planOf, secondsOf, type Wish } from "./plan.ts";
import { ratesDefault } from "./settings.ts";

const wish: Wish = {
  names: attackNames,
  isAll: true,
  ratios: undefined,
  phases: undefined,
  subjects: ["rempart"],
  setups: undefined,
  isTls: true,
  rates: ratesDefault,
  seed: 1,
  crowd: 2_000,
  isForced: false,
};

test("all attacks are done in less than 40 minutes, and so are all of them on the rivals", () => {
  const minutes = (runs: ReturnType<typeof planOf>) => runs.reduce((sum, run) => sum + secondsOf(run), 0) / 60;
  const own = planOf(wish);
  assert.ok(minutes(own) < 40, `${minutes(own)} min`);
  for (const name of attackNames) assert.ok(own.some(({ attack, ratio }) => attack === name && ratio === 50));
  assert.ok(own.some(({ ratio }) => ratio === 0));
  const rivals = planOf({ ...wish, subjects: ["ejabberd", "prosody", "mosquitto"] });
  assert.ok(minutes(rivals) < 40, `${minutes(rivals)} min`);
  assert.ok(rivals.every(({ attack }) => attacks[attack].onRivals));
});

test("attacks are known by name and by number", () => {
  assert.deepEqual(
    attackNames.map((name) => attacks[name].number),
    Array.from({ length: 15 }, (_, i) => i + 1),
  );
  assert.equal(attackOf("4"), "handshakes");
  assert.equal(attackOf("silent"), "silent");
  assert.equal(attackOf("16"), undefined);
});
