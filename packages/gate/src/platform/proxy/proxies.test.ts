import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Proxies, ProxyRangeError } from "./proxies.ts";

describe("listed proxies", () => {
  it("are known by address and range, in IPv6's way of writing IPv4 too", () => {
    const proxies = new Proxies(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]);
    for (const address of ["10.255.0.1", "::ffff:10.0.0.1", "192.0.2.1", "2001:db8:ffff::1"]) {
      assert.equal(proxies.has(address), true, address);
    }
    for (const address of ["11.0.0.1", "192.0.2.2", "2001:db9::1", "nonsense", ""]) {
      assert.equal(proxies.has(address), false, address);
    }
    assert.equal(new Proxies([]).has("127.0.0.1"), false);
  });

  it("are refused when they are no range", () => {
    for (const range of [
      "",
      "x",
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0.0/8/8",
      "2001:db8::/129",
      "10.0.0.0/-1",
      "10.0/8",
    ]) {
      assert.throws(() => new Proxies([range]), ProxyRangeError, range);
    }
  });

  it("say who is behind them: the last hop that is none of them", () => {
    const proxies = new Proxies(["10.0.0.0/8"]);
    const cases: [string | undefined, string | undefined][] = [
      ["198.51.100.7", "198.51.100.7"],
      ["1.1.1.1, 198.51.100.7, 10.0.0.1,10.0.0.2", "198.51.100.7"],
      ["198.51.100.7:1234", "198.51.100.7"],
      ["[2001:db8::1]:443", "2001:db8::1"],
      ["2001:db8::1", "2001:db8::1"],
      ["198.51.100.7, unknown", undefined],
      ["10.0.0.1", undefined],
      ["", undefined],
      [undefined, undefined],
      [`${"198.51.100.7,".repeat(3)}${Array<string>(20).fill("10.0.0.1").join(",")}`, undefined],
    ];
    for (const [header, address] of cases) assert.equal(proxies.clientIn(header), address, header ?? "none");
  });
});
