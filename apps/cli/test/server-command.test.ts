import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { World } from "./processes.ts";

const world = new World();
after(() => world.end());

test("server: prints its addresses and a first invitation, and ends cleanly when asked to", async () => {
  const server = await world.server("--listen", "127.0.0.1:0");
  const { event, url, admin, invite } = server.ready;
  assert.equal(event, "ready");
  assert.match(String(url), /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.ok(String(invite).startsWith(`${url}/i#`));
  const [health, metrics] = await Promise.all([fetch(`${url}/healthz`), fetch(`${admin}/metrics`)]);
  assert.deepEqual([health.status, metrics.status], [200, 200]);
  assert.equal(await server.stop("SIGTERM"), 0);
});

test("server: a port that is taken is ERR_PORT_IN_USE, and the one that has it goes on", async () => {
  const server = await world.server("--listen", "127.0.0.1:0");
  const second = await world.run(["server", "--json", "--data", `${world.dir}/other`, "--listen", server.address]);
  assert.equal(second.error, "ERR_PORT_IN_USE");
  assert.equal(second.code, 1);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  assert.equal(await server.stop("SIGINT"), 0);
});

test("server: links name the public address", async () => {
  const server = await world.server("--listen", "127.0.0.1:0", "--public-url", "https://chat.example/");
  assert.equal(server.url, "https://chat.example");
  assert.ok(String(server.ready.invite).startsWith("https://chat.example/i#"));
  assert.equal(await server.stop("SIGTERM"), 0);
});

test("server: for a person it prints the link and a QR code", async () => {
  const child = world.spawn(["server", "--data", `${world.dir}/person`, "--listen", "127.0.0.1:0"]);
  let text = "";
  for await (const piece of child.stdout ?? []) {
    text += piece;
    if (text.includes("Ctrl-C")) child.kill("SIGINT");
  }
  assert.match(text, /Rempart is ready at http:\/\/127\.0\.0\.1:\d+\n[\s\S]*\/i#[\s\S]*█▀▀▀▀▀▀▀█/);
});

test("server: an address that is none, and a directory that cannot be made, have their codes", async () => {
  const listen = await world.run(["server", "--json", "--listen", "nonsense"]);
  assert.deepEqual([listen.error, listen.code], ["ERR_USAGE", 2]);
  const data = await world.run(["server", "--json", "--listen", "127.0.0.1:0", "--data", "/dev/null/data"]);
  assert.equal(data.error, "ERR_FILE");
});

test("server: ends when the launcher that started it is gone", async () => {
  const child = world.spawn(
    ["server", "--data", `${world.dir}/launched`, "--listen", "127.0.0.1:0"],
    ["ignore", "pipe", "ignore", "ipc"],
  );
  const exit = once(child, "exit");
  child.stdout?.once("data", () => child.disconnect());
  assert.equal((await exit)[0], 1);
});
