import assert from "node:assert/strict";
import { test } from "node:test";
import { readRoute } from "./route.ts";

test("a route comes back from the history", () => {
  assert.deepEqual(readRoute({ route: { name: "chat", chat: "ab" } }), { name: "chat", chat: "ab" });
});

test("anything else leads to the chat list", () => {
  for (const state of [null, 1, {}, { route: {} }, { route: { name: "chat" } }, { route: { name: "toString" } }]) {
    assert.deepEqual(readRoute(state), { name: "chats" });
  }
});
