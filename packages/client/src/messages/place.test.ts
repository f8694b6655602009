import assert from "node:assert/strict";
import { test } from "node:test";
import { orderOf } from "./place.ts";

const logs = [
  "00000000000000000000000000000000",
  "4927ee11a9015138783be5baadd518ab",
  "ffffffffffffffffffffffffffffffff",
];

test("logs that are shown in one chat have places apart, each before the chat's own", () => {
  const winner = "00000000000000000000000000000001";
  const firsts = logs.map((chat) => orderOf({ chat, shownAs: winner }, 1));
  assert.equal(new Set(firsts).size, logs.length);
  assert.ok(firsts.every((order) => order < orderOf({ chat: winner }, 1)));
});

test("a notice still has a place of its own between two messages of the farthest log", () => {
  for (const chat of logs) {
    const order = orderOf({ chat, shownAs: "0" }, 7);
    const next = orderOf({ chat, shownAs: "0" }, 8);
    const notices = Array.from({ length: 15 }, (_, index) => order + (index + 1) / 16);
    assert.deepEqual(
      [...new Set([order, ...notices, next])],
      [order, ...notices, next].sort((a, b) => a - b),
    );
    assert.equal(new Set([order, ...notices, next]).size, 17);
  }
});
