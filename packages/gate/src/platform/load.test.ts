import assert from "node:assert/strict";
import { it } from "node:test";
import { overflowsIn } from "./load.ts";

it("accept-queue overflows are found by their name", () => {
  const text = "IpExt: InNoRoutes\nIpExt: 7\nTcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 42 43\n";
  assert.equal(overflowsIn(text), 42);
  for (const other of [
    "",
    "TcpExt: ListenOverflows\n",
    "TcpExt: A\nTcpExt: 1\n",
    "TcpExt: ListenOverflows\nTcpExt: x\n",
  ]) {
    assert.equal(overflowsIn(other), 0);
  }
});
