import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "./en.ts";
import { formatsOf } from "./formats.ts";
import { fr } from "./fr.ts";

/** Every text of a catalogue by its path; functions are called with plausible arguments. */
function texts(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return texts((value as (...args: unknown[]) => unknown)(2, 2), `${path}()`);
  return Object.entries(value as object).flatMap(([key, each]) => texts(each, `${path}.${key}`));
}

test("no text is empty, and both languages have the same ones", () => {
  // Functions of names get a text, functions of numbers a number; both print.
  const clean = { failure: () => "", pageFailure: () => ({}), group: {}, notices: {} };
  const [english, french] = [en, fr].map((catalogue) => texts({ ...catalogue, ...clean, failure: "x" }, ""));
  assert.deepEqual(french?.map(([path]) => path).sort(), english?.map(([path]) => path).sort());
  for (const [path, text] of [...(english ?? []), ...(french ?? [])]) assert.notEqual(text, "", path);
});

test("plurals follow the rules of each language", () => {
  assert.equal(en.unread(0), "0 unread messages");
  assert.equal(fr.unread(0), "0 message non lu");
  assert.equal(en.members(1), "1 member");
  assert.equal(fr.members(2), "2 membres");
});

test("an unknown failure shows its code, in words of the language", () => {
  assert.match(en.failure("ERR_NEW"), /ERR_NEW/);
  assert.match(fr.failure("ERR_NEW"), /ERR_NEW/);
  assert.equal(en.pageFailure("toString").title, en.pageFailure("ERR_UNKNOWN").title);
});

test("dates and sizes are written as people write them", () => {
  const formats = formatsOf("en");
  const now = new Date(2026, 10, 23, 12).getTime();
  assert.equal(formats.day(now, now), "Today");
  assert.equal(formats.day(now - 86_400_000, now), "Yesterday");
  assert.equal(formatsOf("fr").day(now - 86_400_000, now), "Hier");
  assert.match(formats.listTime(now - 3 * 86_400_000, now), /^[A-Z][a-z]{2}$/);
  assert.equal(formats.bytes(999), "999 bytes");
  assert.equal(formats.bytes(2_480_000), "2.5 MB");
});
