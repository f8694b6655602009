import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateServerLimits } from "../limits.ts";
import { PrefixBook } from "./prefix-book.ts";
import { sourceOf } from "./testing/fakes.ts";

const limits = { ...gateServerLimits, invalidProofsMax: 3 };
const source = sourceOf(1);
const { prefix } = source;

function offendUntilDenied(book: PrefixBook, elapsed: number): void {
  assert.equal(book.offend(prefix, elapsed), false);
  assert.equal(book.offend(prefix, elapsed), false);
  assert.equal(book.offend(prefix, elapsed), true);
}

describe("[GT40] the deny list", () => {
  it("takes a prefix for a minute, then for twice as long each time, up to ten minutes", () => {
    const book = new PrefixBook(limits);
    let elapsed = 0;
    for (const seconds of [60, 120, 240, 480, 600, 600]) {
      offendUntilDenied(book, elapsed);
      assert.equal(book.deniedForMs(prefix, elapsed), seconds * 1_000);
      assert.deepEqual(book.denials(elapsed), [{ prefix, forMs: seconds * 1_000 }]);
      elapsed += seconds * 1_000;
      assert.equal(book.deniedForMs(prefix, elapsed), 0);
    }
    assert.deepEqual(book.denials(elapsed), []);
  });

  it("begins from the beginning after half an hour of quiet", () => {
    const book = new PrefixBook(limits);
    offendUntilDenied(book, 0);
    const later = limits.denyMs + limits.denyForgetMs;
    offendUntilDenied(book, later);
    assert.equal(book.deniedForMs(prefix, later), limits.denyMs);
  });

  it("holds an invalid proof against nobody for longer than a minute", () => {
    const book = new PrefixBook(limits);
    for (let elapsed = 0; elapsed < 10 * limits.invalidProofMs; elapsed += limits.invalidProofMs) {
      assert.equal(book.offend(prefix, elapsed), false);
      assert.equal(book.invalidProofs(prefix, elapsed), 1);
    }
  });

  it("never takes a prefix from which a member came of late, and lets one go when a member comes", () => {
    const book = new PrefixBook(limits);
    book.trust(source, 0);
    for (let i = 0; i < 100; i++) assert.equal(book.offend(prefix, 1), false);
    assert.equal(book.deniedForMs(prefix, 1), 0);
    assert.equal(book.isTrusted(prefix, limits.trustMs - 1), true);
    assert.equal(book.isTrusted(prefix, limits.trustMs), false);
    const other = new PrefixBook(limits);
    offendUntilDenied(other, 0);
    other.trust(source, 1);
    assert.equal(other.deniedForMs(prefix, 1), 0);
  });

  it("[GT41] is bounded, and offenders cannot push out the trusted", () => {
    const book = new PrefixBook({ ...limits, prefixesMax: 10 });
    book.trust(source, 0);
    for (let i = 0; i < 1_000; i++) book.offend(`10.1.${i}.0/24`, 1);
    assert.deepEqual(book.size, { trusted: 1, offences: 10 });
    assert.equal(book.isTrusted(prefix, 2), true);
  });
});
