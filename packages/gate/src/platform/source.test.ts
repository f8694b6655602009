import assert from "node:assert/strict";
import { it } from "node:test";
import { sourceOf } from "./source.ts";

it("a source has one way of writing it, and the prefix of its network", () => {
  const cases = {
    "198.51.100.7": ["198.51.100.7", "198.51.100.0/24"],
    "::ffff:198.51.100.7": ["198.51.100.7", "198.51.100.0/24"],
    "2001:db8:1:2:3:4:5:6": ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
    "2001:0DB8:0:0:0:0:0:1": ["2001:db8::1", "2001:db8::/48"],
    "2001:db8::1:0:0:1": ["2001:db8::1:0:0:1", "2001:db8::/48"],
    "fe80::1%eth0": ["fe80::1", "fe80::/48"],
    "::1": ["::1", "::/48"],
    "2001:0:5::": ["2001:0:5::", "2001:0:5::/48"],
  };
  for (const [given, [address, prefix]] of Object.entries(cases)) {
    assert.deepEqual(
      sourceOf(given, (asked) => asked.length),
      { address, prefix, network: address?.length },
      given,
    );
  }
});
