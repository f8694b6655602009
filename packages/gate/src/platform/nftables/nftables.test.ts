import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { nftablesLimits } from "./limits.ts";
import { NftablesOffload, type NftablesState } from "./offload.ts";
import { changeCommands, isDeniable } from "./ruleset.ts";
import { Namespace } from "./testing/namespace.ts";

const port = 8_443;

describe("the kernel's table", () => {
  let space: Namespace;
  before(async () => {
    space = await Namespace.make();
  });
  after(() => space?.end());

  let elapsed = 0;
  const reported: NftablesState[] = [];
  const offload = (trusted: readonly string[] = []) =>
    new NftablesOffload({
      ports: [port],
      trusted,
      elapsed: () => elapsed,
      nft: [...space.enter, "nft"],
      report: (state) => reported.push(state),
    });
  const script = fileURLToPath(new URL("testing/connect.mjs", import.meta.url));
  const answered = (source: string, { count = 1, to = port, waitMs = 100 } = {}) =>
    Number(space.run(process.execPath, script, String(to), source, String(count), String(waitMs)));

  test("drops new connections of denied prefixes, of both families, and counts them", async () => {
    const table = offload();
    await table.start();
    assert.deepEqual(table.state, { isOn: true });
    assert.equal(answered("127.0.7.9"), 1);
    await table.tick([
      { prefix: "127.0.7.0/24", forMs: 60_000 },
      { prefix: "0:0:0::/48", forMs: 60_000 },
    ]);
    assert.deepEqual(
      [answered("127.0.7.9"), answered("127.0.7.200"), answered("127.0.8.1"), answered("::1")],
      [0, 0, 1, 0],
    );
    assert.equal(answered("127.0.7.9", { to: port + 1 }), 1, "other ports are none of ours");
    await table.tick([{ prefix: "127.0.7.0/24", forMs: 60_000 }]);
    assert.ok(table.drops.denied >= 3);
    assert.equal(answered("::1"), 1, "forgiven");
    assert.equal(answered("127.0.7.9"), 0);
    await table.tick([]);
    assert.equal(answered("127.0.7.9"), 1);
    await table.stop();
  });

  test("gives a denial its new time, and lets the kernel end it", async () => {
    const table = offload();
    await table.start();
    await table.tick([{ prefix: "127.0.7.0/24", forMs: 60_000 }]);
    await table.tick([{ prefix: "127.0.7.0/24", forMs: 600_000 }]);
    const [element] = JSON.parse(space.run("nft", "-j", "list", "set", "inet", "rempart", "denied4")).nftables[1].set
      .elem;
    assert.deepEqual([element.elem.val, element.elem.timeout], ["127.0.7.0", 600]);
    await table.stop();
  });

  test("drops what one address sends above its rate, never a trusted proxy", async () => {
    const table = offload(["127.0.9.0/24", "2001:db8::/32", "127.0.9.128/25", "::2"]);
    await table.start();
    assert.equal(table.state.isOn, true);
    const count = nftablesLimits.rateBurst * 3;
    assert.equal(answered("127.0.9.1", { count, waitMs: 2_000 }), count);
    await table.tick([]);
    assert.equal(table.drops.rate, 0);
    assert.ok(answered("127.0.10.1", { count }) < count);
    await table.tick([]);
    assert.ok(table.drops.rate > 0);
    await table.stop();
  });

  test("replaces a table that was left behind, and leaves nothing when it stops", async () => {
    const killed = offload();
    await killed.start();
    await killed.tick([{ prefix: "127.0.7.0/24", forMs: 60_000 }]);
    const next = offload();
    await next.start();
    assert.equal(answered("127.0.7.9"), 1);
    await next.stop();
    assert.equal(space.run("nft", "list", "tables"), "");
  });

  test("puts its table back when somebody has flushed it, and says so once", async () => {
    reported.length = 0;
    const table = offload();
    await table.start();
    const denied = [{ prefix: "127.0.7.0/24", forMs: 60_000 }];
    await table.tick(denied);
    answered("127.0.7.9");
    await table.tick(denied);
    const { denied: dropsBefore } = table.drops;
    assert.ok(dropsBefore > 0);
    space.run("nft", "flush", "ruleset");
    await table.tick(denied);
    await table.tick(denied);
    assert.deepEqual(
      reported.map(({ isOn }) => isOn),
      [true, false],
    );
    elapsed += nftablesLimits.retryMs;
    await table.tick(denied);
    await table.tick(denied);
    assert.equal(answered("127.0.7.9"), 0);
    assert.equal(table.state.isOn, true);
    assert.equal(table.drops.denied, dropsBefore, "drops never go back");
    await table.stop();
  });
});

describe("a machine that cannot", () => {
  const start = async (nft: readonly [string, ...string[]]) => {
    const reported: NftablesState[] = [];
    const options = {
      ports: [port],
      trusted: [],
      elapsed: () => 0,
      report: (state: NftablesState) => reported.push(state),
    };
    const table = new NftablesOffload({ ...options, nft });
    await table.start();
    await table.tick([{ prefix: "192.0.2.0/24", forMs: 60_000 }]);
    await table.stop();
    assert.equal(table.state.isOn, false);
    assert.deepEqual(table.drops, { denied: 0, rate: 0 });
    assert.equal(reported.length, 1);
    const [state] = reported;
    return state?.problem?.code;
  };
  const printing = (text: string) =>
    [process.execPath, "-e", `console.error(${JSON.stringify(text)});process.exit(1)`, "--"] as const;

  test("says what is missing, and goes on", async () => {
    assert.equal(await start(["/nowhere/nft"]), "ERR_NFT_MISSING");
    assert.equal(
      await start(printing("netlink: Error: cache initialization failed: Operation not permitted")),
      "ERR_NFT_NOT_PERMITTED",
    );
    assert.equal(await start(printing("Operation not permitted (you must be root)")), "ERR_NFT_NOT_PERMITTED");
    assert.equal(await start(printing("internal:0:0-0: Error: No such file or directory")), "ERR_NFT_FAILED");
  });

  test("repeats no address in what it says", async () => {
    let message = "";
    const table = new NftablesOffload({
      ports: [port],
      trusted: [],
      elapsed: () => 0,
      nft: printing("Error: Could not process rule: 192.0.2.7 and 2001:db8::7"),
      report(state) {
        message = state.problem?.message ?? "";
      },
    });
    await table.start();
    assert.match(message, /Could not process rule/);
    assert.doesNotMatch(message, /192|2001|db8/);
  });
});

describe("what is asked of nft", () => {
  test("is nothing when nothing changes, and never anything but whole prefixes", () => {
    assert.equal(changeCommands({ deny: [], forgive: [] }), undefined);
    for (const prefix of ["192.0.2.1", "192.0.2.0/23", "2001:db8::/64", "x/24", "", "192.0.2.0/24; flush ruleset"]) {
      assert.ok(!isDeniable(prefix), prefix);
      assert.equal(changeCommands({ deny: [{ prefix, seconds: 1 }], forgive: [prefix] }), undefined);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const commands = changeCommands({ deny: [{ prefix: text, seconds: 1 }], forgive: [] });
        assert.equal(commands === undefined, !isDeniable(text));
      }),
    );
  });
});
