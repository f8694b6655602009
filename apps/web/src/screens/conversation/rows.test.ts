import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageView } from "@rempart/client";
import { makeRows, type Row } from "./rows.ts";

const minute = 60_000;
const day = 86_400_000;

function message(name: string, from: string, at: number, more: Partial<MessageView> = {}): MessageView {
  return {
    message: name,
    chat: "c",
    seq: 1,
    from,
    name: from,
    isOwn: false,
    text: name,
    at,
    state: "sent",
    isDeleted: false,
    reactions: [],
    order: at,
    ...more,
  };
}

function rows(messages: readonly MessageView[], unreadFrom?: string): readonly Row[] {
  return makeRows({ messages, unreadFrom, dayOf: (at) => Math.floor(at / day) });
}

/** `[a` starts a run, `a]` ends it. */
const shape = (list: readonly Row[]) =>
  list
    .map((row) =>
      row.kind === "message" ? `${row.isFirst ? "[" : ""}${row.message.message}${row.isLast ? "]" : ""}` : row.kind,
    )
    .join(" ");

test("messages of one author that follow each other form a run", () => {
  const list = [
    message("a", "x", 0),
    message("b", "x", minute),
    message("c", "y", 2 * minute),
    message("d", "y", 9 * minute),
  ];
  assert.equal(shape(rows(list)), "day [a b] [c] [d]");
});

test("a day, the unread line and a notice each end a run", () => {
  const list = [message("a", "x", day - minute), message("b", "x", day), message("c", "x", day + minute)];
  assert.equal(shape(rows(list)), "day [a] day [b c]");
  assert.equal(shape(rows(list, "c")), "day [a] day [b] unread [c]");
  const withNotice = [list[0], message("n", "x", day - 30_000, { notice: { kind: "joined" } })].filter(
    (each) => each !== undefined,
  );
  assert.equal(shape(rows(withNotice)), "day [a] notice");
});

test("every row has a key of its own", () => {
  const list = Array.from({ length: 50 }, (_, i) => message(`m${i}`, `${i % 3}`, i * 5 * 3_600_000));
  const keys = rows(list, "m7").map((row) => row.key);
  assert.equal(new Set(keys).size, keys.length);
});
