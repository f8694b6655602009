import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { WireSocket } from "./wire-socket.ts";

async function echoServer(): Promise<{
  server: WebSocketServer;
  target: { host: string; port: number; path: string };
}> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.ping("are you there");
    socket.on("message", (data) => socket.send(data));
  });
  return { server, target: { host: "127.0.0.1", port: (server.address() as AddressInfo).port, path: "/" } };
}

test("frames of every length class come back whole, however the network cuts them", async (t) => {
  const { server, target } = await echoServer();
  t.after(() => server.close());
  const socket = await WireSocket.open(target);
  t.after(() => socket.destroy());
  const sent = [0, 1, 125, 126, 65_535, 65_536, 300_000].map((length) => Buffer.alloc(length, length % 251));
  const received: Buffer[] = [];
  const all = new Promise<void>((resolve) => {
    socket.onFrame = (bytes, start, end) => {
      received.push(Buffer.from(bytes.subarray(start, end)));
      if (received.length === sent.length) resolve();
    };
  });
  for (const payload of sent) socket.send(payload);
  await all;
  assert.deepEqual(received, sent);
});

test("a ping is answered with its own payload", async (t) => {
  const { server, target } = await echoServer();
  t.after(() => server.close());
  const ponged = once(server, "connection").then(([client]) => once(client, "pong"));
  const socket = await WireSocket.open(target);
  t.after(() => socket.destroy());
  const [payload] = await ponged;
  assert.equal(String(payload), "are you there");
});

test("a server that closes is noticed, and a path that it refuses fails to open", async (t) => {
  const { server, target } = await echoServer();
  t.after(() => server.close());
  const socket = await WireSocket.open(target);
  const closed = new Promise<Error>((resolve) => {
    socket.onClose = resolve;
  });
  for (const client of server.clients) client.close();
  assert.match((await closed).message, /closed/);
  assert.equal(socket.isClosed, true);

  server.shouldHandle = () => false;
  await assert.rejects(WireSocket.open(target), { code: "ERR_CONNECTION", message: /400/ });
});
