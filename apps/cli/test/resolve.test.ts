import assert from "node:assert/strict";
import { test } from "node:test";
import { CliError } from "../src/failure.ts";
import { resolve } from "../src/resolve.ts";

const candidates = [
  { id: "aaaaaaaa11", name: "Ann" },
  { id: "aaaaaaaa22", name: "Bo" },
  { id: "bbbbbbbb33", name: "bo" },
  { id: "cccccccc44", name: "aaaaaaaa" },
  { id: "dddddddd55", name: "Zoë" },
];
const find = (query: string) => resolve("chat", query, candidates).id;
const failsWith = (code: string, names: readonly string[]) => (error: unknown) => {
  assert.ok(error instanceof CliError && error.code === code);
  const found = error.details.candidates as readonly { name: string }[];
  assert.deepEqual(
    found.map(({ name }) => name),
    names,
  );
  return true;
};

test("an id, a name in any case or composition, and the beginning of an id are found", () => {
  assert.equal(find("aaaaaaaa22"), "aaaaaaaa22");
  assert.equal(find("AAAAAAAA22"), "aaaaaaaa22");
  assert.equal(find(" ann "), "aaaaaaaa11");
  assert.equal(find("zoe\u0308"), "dddddddd55");
  assert.equal(find("bbbbbbbb"), "bbbbbbbb33");
});

test("a name goes before the beginning of an id", () => {
  assert.equal(find("aaaaaaaa"), "cccccccc44");
});

test("what fits several is ERR_AMBIGUOUS and names them", () => {
  assert.throws(() => find("BO"), failsWith("ERR_AMBIGUOUS", ["Bo", "bo"]));
  const two = candidates.slice(0, 2);
  assert.throws(() => resolve("chat", "aaaaaaaa", two), failsWith("ERR_AMBIGUOUS", ["Ann", "Bo"]));
});

test("what fits none, or is too short for the beginning of an id, is ERR_NOT_FOUND and names what there is", () => {
  const all = candidates.map(({ name }) => name);
  assert.throws(() => find("nobody"), failsWith("ERR_NOT_FOUND", all));
  assert.throws(() => find("bbbbbbb"), failsWith("ERR_NOT_FOUND", all));
  assert.throws(() => find(""), failsWith("ERR_NOT_FOUND", all));
});

test("of two with one name, the one that was left is found by its id only", () => {
  const left = { id: "eeeeeeee66", name: "Ann", isRetired: true };
  assert.equal(resolve("chat", "ann", [left, ...candidates]).id, "aaaaaaaa11");
  assert.equal(resolve("chat", "eeeeeeee", [left, ...candidates]).id, "eeeeeeee66");
  assert.equal(resolve("chat", "ann", [left]).id, "eeeeeeee66");
});

test("an error never lists more than ten", () => {
  const many = Array.from({ length: 50 }, (_, i) => ({ id: `id${i}`, name: `n${i}` }));
  assert.throws(
    () => resolve("chat", "x", many),
    (error) => {
      assert.ok(error instanceof CliError);
      assert.equal((error.details.candidates as unknown[]).length, 10);
      assert.ok(error.message.endsWith("…"));
      return true;
    },
  );
});
