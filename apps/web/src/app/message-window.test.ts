import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageView } from "@rempart/client";
import { insertMessage, mergePages } from "./message-window.ts";

function message(name: string, order: number, text = ""): MessageView {
  return {
    message: name,
    chat: "c",
    seq: order,
    from: "f",
    name: "F",
    isOwn: false,
    text,
    at: order,
    state: "sent",
    isDeleted: false,
    reactions: [],
    order,
  };
}

const names = (messages: readonly MessageView[]) => messages.map((each) => each.message).join("");

test("pages that overlap become one list, and the newer page says how a message stands", () => {
  const merged = mergePages([message("a", 1), message("b", 2, "old")], [message("b", 2, "new"), message("c", 3)]);
  assert.equal(names(merged), "abc");
  assert.equal(merged[1]?.text, "new");
});

test("a queued message moves to its place when it is sent", () => {
  const queued = [message("a", 1), message("b", 1_000.5), message("c", 1_000.6)];
  assert.equal(names(insertMessage(queued, message("c", 2), false)), "acb");
});

test("a message that says nothing new leaves the list as it is, so that nothing is drawn again", () => {
  const window = [message("a", 1), message("b", 2)];
  assert.equal(insertMessage(window, message("b", 2), true), window);
  assert.notEqual(insertMessage(window, message("b", 2, "edited"), true), window);
});

test("a change above the window is dropped, a new message is not", () => {
  const window = [message("m", 10)];
  assert.equal(names(insertMessage(window, message("x", 5), false)), "m");
  assert.equal(names(insertMessage(window, message("x", 5), true)), "xm");
  assert.equal(names(insertMessage(window, message("y", 11), false)), "my");
});
