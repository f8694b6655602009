import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateServerLimits } from "../limits.ts";
import { sourceOf } from "./testing/fakes.ts";
import { TrustedPrefixes } from "./trusted-prefixes.ts";
import type { Source } from "./types.ts";

const limits = { ...gateServerLimits, familiarPrefixesMin: 3 };
const network = 64_501;

function trustPrefixes(trusted: TrustedPrefixes, { from, to, at }: { from: number; to: number; at: number }): void {
  for (let i = from; i < to; i++) trusted.trust(sourceOf(i, network), at);
}

describe("[GT46] a familiar network", () => {
  it("is one from several prefixes of which members came, however often they come from one", () => {
    const trusted = new TrustedPrefixes(limits);
    for (let i = 0; i < 100; i++) trusted.trust(sourceOf(1, network), i);
    trustPrefixes(trusted, { from: 2, to: 3, at: 100 });
    assert.equal(trusted.isFamiliar(sourceOf(9, network), 100), false);
    trustPrefixes(trusted, { from: 3, to: 4, at: 100 });
    assert.equal(trusted.isFamiliar(sourceOf(9, network), 100), true);
    assert.equal(trusted.isFamiliar(sourceOf(9, network + 1), 100), false);
  });

  it("stays one as long as members come, and is none half an hour after", () => {
    const trusted = new TrustedPrefixes(limits);
    const minute = 60_000;
    for (let at = 0; at <= 300 * minute; at += 20 * minute) {
      trustPrefixes(trusted, { from: 0, to: 3, at });
      assert.equal(trusted.isFamiliar(sourceOf(9, network), at + 19 * minute), true, `after ${at / minute} minutes`);
    }
    assert.equal(trusted.isFamiliar(sourceOf(9, network), 300 * minute + limits.trustMs), false);
  });

  it("is the /16, or the /32, where no table knows the network", () => {
    const trusted = new TrustedPrefixes(limits);
    const unknown = (prefix: string): Source => ({ address: "", prefix, network: 0 });
    for (const third of [1, 2, 3]) {
      trusted.trust(unknown(`10.20.${third}.0/24`), 0);
      trusted.trust(unknown(`2001:db8:${third}::/48`), 0);
    }
    const familiar = ["10.20.9.0/24", "10.21.9.0/24", "2001:db8:9::/48", "2001:db8::/48", "2001:db9:9::/48"].filter(
      (prefix) => trusted.isFamiliar(unknown(prefix), 0),
    );
    assert.deepEqual(familiar, ["10.20.9.0/24", "2001:db8:9::/48", "2001:db8::/48"]);
  });

  it("[GT41] is counted among so many prefixes and no more, the latest of all", () => {
    const trusted = new TrustedPrefixes({ ...limits, prefixesMax: 10 });
    trustPrefixes(trusted, { from: 0, to: 5, at: 0 });
    for (let i = 0; i < 10; i++) trusted.trust(sourceOf(1_000 + i, 1), 1);
    assert.equal(trusted.size, 10);
    assert.equal(trusted.isFamiliar(sourceOf(9, network), 1), false);
    assert.equal(trusted.isTrusted(sourceOf(1, network).prefix, 1), false);
    assert.equal(trusted.isFamiliar(sourceOf(9, 1), 1), true);
  });
});
