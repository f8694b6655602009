import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { pino } from "pino";
import { Namespace } from "../../../gate/src/platform/nftables/testing/namespace.ts";
import { Kernel } from "./kernel.ts";

function logged() {
  let text = "";
  const sink = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { log: pino({ base: null }, sink), text: () => text };
}

test("the kernel's help is seen, and ends with the server", async () => {
  const space = await Namespace.make();
  const { log, text } = logged();
  try {
    const kernel = new Kernel({ proxies: ["192.0.2.0/24"], log, nft: [...space.enter, "nft"] });
    assert.deepEqual(kernel.view, { isOn: false, denied: 0, rate: 0 });
    await kernel.start(8_443);
    kernel.tick([{ prefix: "198.51.100.0/24", forMs: 60_000 }]);
    assert.deepEqual(kernel.view, { isOn: true, denied: 0, rate: 0 });
    assert.match(space.run("nft", "list", "table", "inet", "rempart"), /tcp dport != 8443 accept/);
    await kernel.stop();
    assert.equal(space.run("nft", "list", "tables"), "");
    assert.match(text(), /the kernel drops for the gate/);
    assert.doesNotMatch(text(), /198\.51/);
  } finally {
    await space.end();
  }
});

test("without nft the server goes on, and says why", async () => {
  const { log, text } = logged();
  const kernel = new Kernel({ proxies: [], log, nft: ["/nowhere/nft"] });
  await kernel.start(8_443);
  kernel.tick([{ prefix: "198.51.100.0/24", forMs: 60_000 }]);
  await kernel.stop();
  assert.equal(kernel.view.isOn, false);
  assert.match(text(), /"code":"ERR_NFT_MISSING","reason":"nft is not installed/);
});
