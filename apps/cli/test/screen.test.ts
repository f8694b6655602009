import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyKey, editorOf, emptyEditor, insert, layOutEditor, textOf } from "../src/screen/editor.ts";
import { type Key, KeyDecoder } from "../src/screen/keys.ts";
import { lineWidth } from "../src/screen/layout.ts";
import { paint } from "../src/screen/paint.ts";
import { reduce } from "../src/screen/reduce.ts";
import { render } from "../src/screen/render.ts";
import { type ChatScreen, type Effect, openScreen, type ScreenEvent } from "../src/screen/state.ts";
import { fit, printable, truncate, widthOf, wrap } from "../src/text/width.ts";
import { idOf, messageView } from "./fake-client.ts";

const ten = Array.from({ length: 10 }, (_, i) => messageView(i + 1));

function screenOf(change: Partial<ChatScreen> = {}): ChatScreen {
  const chat = { chat: idOf(1), title: "Walks", isActive: true, kind: "group" } as const;
  const size = { columns: 40, rows: 10 };
  return {
    ...openScreen({ chat, connection: { state: "online" }, messages: ten, isComplete: true, size, draft: "", now: 0 }),
    ...change,
  };
}

/** Feeds what a terminal would send. */
function type(screen: ChatScreen, input: string): { screen: ChatScreen; effects: Effect[] } {
  return play(
    screen,
    new KeyDecoder().push(input).map((key) => ({ kind: "key", key })),
  );
}

function play(screen: ChatScreen, events: readonly ScreenEvent[]): { screen: ChatScreen; effects: Effect[] } {
  const effects: Effect[] = [];
  let now = screen;
  for (const event of events) {
    const step = reduce(now, event);
    now = step.screen;
    effects.push(...step.effects);
  }
  return { screen: now, effects };
}

const textLines = (screen: ChatScreen): string[] =>
  render(screen).lines.map((line) => line.map(({ text }) => text).join(""));

test("keys: text, control keys, sequences and pastes", () => {
  const keys = new KeyDecoder().push("é\r\u001b[A\u001b[5~\u001b\r\u0003");
  const named = (name: string) => ({ kind: "key", name });
  assert.deepEqual(keys, [
    { kind: "text", text: "é" },
    ...["enter", "up", "page-up", "newline", "interrupt"].map(named),
  ]);
});

test("keys: a paste is text, wherever it is cut, and sends nothing by itself", () => {
  const decoder = new KeyDecoder();
  assert.deepEqual(decoder.push("\u001b[200~one\r\ntw"), []);
  assert.deepEqual(decoder.push("o\u0003\u001b[201~x"), [
    { kind: "paste", text: "one\ntwo" },
    { kind: "text", text: "x" },
  ]);
});

test("keys: any input is decoded without a control character in any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (input) => {
      for (const key of new KeyDecoder().push(input)) {
        if (key.kind !== "key") assert.doesNotMatch(key.text, /(?!\n)\p{Cc}/u);
      }
    }),
  );
});

test("editor: graphemes are moved over and deleted whole", () => {
  const family = "👨‍👩‍👧";
  const editor = applyKey(editorOf(`a${family}b`), "left");
  assert.equal(textOf(applyKey(editor, "backspace")), "ab");
  assert.equal(insert(editorOf("e"), "\u0301").graphemes.length, 1);
});

test("editor: words and lines", () => {
  const editor = editorOf("one two\nthree  ");
  assert.equal(textOf(applyKey(editor, "kill-word")), "one two\n");
  assert.equal(textOf(applyKey(editor, "kill-start")), "one two\n");
  const start = applyKey(editor, "home");
  assert.equal(start.cursor, 8);
  assert.equal(textOf(applyKey(start, "kill-end")), "one two\n");
  assert.equal(applyKey(start, "word-left").cursor, 4);
  assert.equal(applyKey(emptyEditor, "backspace").cursor, 0);
});

test("editor: lines never exceed the columns, wide characters included, and the cursor stands within", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 12 }), fc.nat(60), (content, columns, at) => {
      const whole = editorOf(content);
      const editor = { ...whole, cursor: Math.min(at, whole.graphemes.length) };
      const { lines, cursor } = layOutEditor(editor, columns);
      for (const line of lines) assert.ok(widthOf(line) <= columns);
      assert.ok(cursor.row < lines.length && cursor.column <= columns);
    }),
  );
});

test("width: wide, combining and joined characters", () => {
  assert.deepEqual(
    ["a", "é", "e\u0301", "你", "👍", "👨‍👩‍👧", "\u200b", "ｱ", "Ａ"].map(widthOf),
    [1, 1, 1, 2, 2, 2, 0, 1, 2],
  );
  assert.equal(fit("你好吗", 5), "你好…");
  assert.equal(widthOf(fit("你好吗", 4)), 4);
  assert.equal(truncate("abc", 3), "abc");
});

test("wrap: keeps every character but the spaces at breaks, within the columns", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 80 });
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 20 }), (content, columns) => {
      const clean = printable(content);
      const lines = wrap(clean, columns);
      for (const line of lines) assert.ok(widthOf(line) <= columns, JSON.stringify(line));
      assert.equal(lines.join("").replace(/\s/g, ""), clean.replace(/\s/g, ""));
    }),
  );
});

test("printable: no escape sequence and no turning of the direction gets through", () => {
  assert.equal(printable("a\u001b[31mb\u202ec\u009bd\te\nf"), "a\ufffd[31mb\ufffdc\ufffdd  e\nf");
});

test("screen: every frame has one line per row, none too wide, and the cursor inside", () => {
  const size = fc.record({ columns: fc.integer({ min: 20, max: 90 }), rows: fc.integer({ min: 5, max: 30 }) });
  const input = fc.string({
    unit: fc.constantFrom(
      "a",
      "你",
      " ",
      "\r",
      "\u0012",
      "e",
      "r",
      "d",
      "\u001b[A",
      "\u001b[5~",
      "\u001b\r",
      "\u001b[6~",
      "\u0017",
    ),
  });
  fc.assert(
    fc.property(size, input, (dimensions, typed) => {
      const { screen } = type(screenOf({ size: dimensions }), typed);
      const { lines, cursor } = render(screen);
      assert.equal(lines.length, dimensions.rows);
      for (const line of lines) assert.ok(lineWidth(line) <= dimensions.columns);
      assert.ok(cursor.row < dimensions.rows && cursor.column < dimensions.columns);
    }),
  );
});

test("screen: shows the title, the connection, the last messages and the composer", () => {
  const lines = textLines(type(screenOf(), "hey").screen);
  assert.match(lines[0] ?? "", /^ Walks +online $/);
  assert.match(lines[7] ?? "", /Bo: text 10$/);
  assert.equal(lines.at(-1), "> hey");
});

test("screen: Enter sends and empties the composer; nothing is sent when there is nothing", () => {
  const { screen, effects } = type(screenOf(), "  \rhi \r");
  assert.deepEqual(effects, [{ kind: "send", text: "hi" }]);
  assert.equal(textOf(screen.editor), "");
  assert.deepEqual(type(screenOf(), "a\u001b\rb\r").effects, [{ kind: "send", text: "a\nb" }]);
});

test("screen: up and down bring back what was sent", () => {
  const { screen } = type(screenOf(), "one\rtwo\r\u001b[A\u001b[A");
  assert.equal(textOf(screen.editor), "one");
  assert.equal(textOf(type(screen, "\u001b[B").screen.editor), "two");
  assert.equal(textOf(type(screen, "\u001b[B\u001b[B").screen.editor), "");
});

test("screen: a chosen message is replied to, changed or deleted; only one's own can be", () => {
  const own = screenOf({ messages: [...ten, messageView(11, { isOwn: true, text: "mine", state: "sent" })] });
  assert.deepEqual(type(own, "\u0012d").effects, [{ kind: "delete", message: idOf(11) }]);
  assert.deepEqual(type(own, "\u0012e!\r").effects, [{ kind: "edit", message: idOf(11), text: "mine!" }]);
  assert.deepEqual(type(own, "\u0012\u001b[A\ryes\r").effects, [{ kind: "send", text: "yes", replyTo: idOf(10) }]);
  assert.deepEqual(type(own, "\u0012\u001b[200~d\u001b[201~").effects, []);
  const refused = type(own, "\u0012\u001b[Ad");
  assert.deepEqual(refused.effects, []);
  assert.match(refused.screen.alert ?? "", /your own/);
  assert.deepEqual(type(own, "\u0012\rx\u001b").screen.purpose, { kind: "send" });
});

test("screen: the chosen message is always in view", () => {
  let { screen } = type(screenOf(), "\u0012");
  for (let i = 0; i < 9; i++) {
    screen = type(screen, "\u001b[A").screen;
    const frame = render(screen);
    assert.ok(
      frame.lines.some((line) => line.some(({ style }) => style === "selected")),
      `after ${i}`,
    );
  }
  assert.equal(screen.selected, idOf(1));
});

test("screen: scrolling up asks for older messages once it is at the top, and new ones do not move it", () => {
  const start = screenOf({ isComplete: false });
  const up = type(start, "\u001b[5~\u001b[5~\u001b[5~");
  assert.ok(up.effects.some(({ kind }) => kind === "older"));
  const before = textLines(up.screen).slice(1, 8);
  const after = reduce(up.screen, { kind: "message", message: messageView(11) }).screen;
  assert.deepEqual(textLines(after).slice(1, 8), before);
  const done = reduce(after, { kind: "older", messages: [] }).screen;
  assert.deepEqual(type(done, "\u001b[5~").effects, []);
});

test("screen: a message that changes is replaced, and one that is new goes where its order says", () => {
  const changed = reduce(screenOf(), { kind: "message", message: messageView(5, { text: "other" }) }).screen;
  assert.equal(changed.messages.length, 10);
  assert.equal(changed.messages[4]?.text, "other");
  const between = reduce(screenOf(), { kind: "message", message: messageView(20, { order: 5.5 }) }).screen;
  assert.equal(between.messages[5]?.message, idOf(20));
});

test("screen: states of one's own messages, replies, reactions and notices are shown", () => {
  const messages = [
    messageView(1, { isOwn: true, name: "Ann", state: "sent" }),
    messageView(2, { isOwn: true, name: "Ann", state: "delivered" }),
    messageView(3, {
      replyTo: { message: idOf(1), name: "Ann", text: "text 1" },
      reactions: [{ emoji: "👍", count: 2, own: true, names: [] }],
    }),
    messageView(4, { notice: { kind: "renamed", title: "Hills" } }),
    messageView(5, { isDeleted: true, text: "" }),
  ];
  const text = textLines(screenOf({ messages, size: { columns: 60, rows: 14 } })).join("\n");
  assert.match(text, /Ann: text 1 ✓\n/);
  assert.match(text, /Ann: text 2 ✓✓\n/);
  assert.match(text, /> Ann: text 1\n.*Bo: text 3 {2}👍 2\n/);
  assert.match(text, /— Bo named the group "Hills"\n/);
  assert.match(text, /Bo: \(deleted\)/);
});

test("screen: Ctrl-C leaves from everywhere, Ctrl-D only when nothing is written", () => {
  assert.deepEqual(type(screenOf(), "draft\u0003").effects, [{ kind: "quit" }]);
  assert.deepEqual(type(screenOf(), "\u0012\u0003").effects, [{ kind: "quit" }]);
  assert.deepEqual(type(screenOf(), "\u0004").effects, [{ kind: "quit" }]);
  assert.deepEqual(type(screenOf(), "draft\u0004").effects, []);
});

test("screen: someone who is not in the chat any more can read but not send", () => {
  const screen = screenOf({ chat: { chat: idOf(1), title: "Walks", isActive: false, kind: "group" } });
  const { effects, screen: after } = type(screen, "hi\r");
  assert.deepEqual(effects, []);
  assert.ok(after.alert !== undefined);
});

test("paint: only lines that changed are written again", () => {
  const before = render(screenOf());
  const key: Key = { kind: "text", text: "x" };
  const after = render(reduce(screenOf(), { kind: "key", key }).screen);
  const painted = paint(before, after, true);
  assert.ok(painted.includes("> x"));
  assert.ok(!painted.includes("text 10"));
  assert.ok(paint(undefined, after, true).includes("text 10"));
});

test("screen: while the gate has us wait, the status line says so and counts down", () => {
  const connection = { state: "waiting", why: "busy", mode: "siege", retryAt: 9_000 } as const;
  const { screen } = reduce(screenOf({ size: { columns: 80, rows: 10 } }), { kind: "connection", connection });
  assert.match(textLines(screen).at(-2) ?? "", /^The server is under attack. You are in line: about 9 s.$/);
  const later = reduce(screen, { kind: "tick", now: 4_000 }).screen;
  assert.match(textLines(later).at(-2) ?? "", /about 5 s.$/);
  const back = reduce(later, { kind: "connection", connection: { state: "online" } }).screen;
  assert.match(textLines(back).at(-2) ?? "", /^Enter send/);
});
