import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { connectPath, limits } from "@rempart/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import type { Link } from "../../ports.ts";
import { wsNetwork } from "./ws-network.ts";

/** Connects, and answers everything the handlers hear, as one line each. */
function listenTo(origin: string) {
  const heard: string[] = [];
  const opened = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<{ readonly code: number; readonly retryAfterMs?: number }>();
  const framed = Promise.withResolvers<Uint8Array>();
  const link: Link = wsNetwork.connect(origin, {
    opened: () => {
      heard.push("opened");
      opened.resolve();
    },
    frame: (bytes) => {
      heard.push("frame");
      framed.resolve(bytes);
    },
    closed: (reason) => {
      heard.push("closed");
      closed.resolve(reason);
    },
  });
  return { link, heard, opened: opened.promise, closed: closed.promise, framed: framed.promise };
}

async function withServer(
  work: (origin: string, sockets: WebSocketServer) => Promise<void>,
  { isFull = false } = {},
): Promise<void> {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  if (!isFull) {
    http.on("upgrade", (request, socket, head) => {
      assert.equal(request.url, connectPath);
      sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit("connection", accepted));
    });
  } else {
    http.on("upgrade", (_request, socket) => {
      socket.end("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    });
  }
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  try {
    await work(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, sockets);
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
  }
}

async function accepted(sockets: WebSocketServer): Promise<WebSocket> {
  const [socket] = (await once(sockets, "connection")) as [WebSocket];
  return socket;
}

test("frames go both ways as plain bytes, and the close code arrives", () =>
  withServer(async (origin, sockets) => {
    const accepting = accepted(sockets);
    const { link, opened, framed, closed, heard } = listenTo(origin);
    const socket = await accepting;
    await opened;
    const received = once(socket, "message");
    link.send(Uint8Array.of(1, 2));
    assert.deepEqual([...((await received)[0] as Buffer)], [1, 2]);
    socket.send(Uint8Array.of(3, 4));
    const frame = await framed;
    assert.deepEqual([...frame], [3, 4]);
    assert.equal(Object.getPrototypeOf(frame), Uint8Array.prototype);
    socket.close(1001);
    assert.deepEqual(await closed, { code: 1001 });
    assert.deepEqual(heard, ["opened", "frame", "closed"]);
    link.send(Uint8Array.of(5));
    link.close();
  }));

test("a frame that is too large, or text, ends the connection", () =>
  withServer(async (origin, sockets) => {
    for (const [frame, code] of [
      [new Uint8Array(limits.frameBytesMax + 1), 1006],
      ["text", 1003],
    ] as const) {
      const accepting = accepted(sockets);
      const { closed, heard } = listenTo(origin);
      (await accepting).send(frame);
      assert.equal((await closed).code, code);
      assert.deepEqual(heard, ["opened", "closed"]);
    }
  }));

test("a server that has no room says when to come back", () =>
  withServer(
    async (origin) => {
      const { closed, heard } = listenTo(origin);
      assert.deepEqual(await closed, { code: 1013, retryAfterMs: 7_000 });
      assert.deepEqual(heard, ["closed"]);
    },
    { isFull: true },
  ));

test("nobody there is closed with 1006, and so is a connection given up before it was made", async () => {
  let origin = "";
  await withServer(async (there) => {
    origin = there;
  });
  const { closed, heard } = listenTo(origin);
  assert.deepEqual(await closed, { code: 1006 });
  assert.deepEqual(heard, ["closed"]);
  await withServer(async (there) => {
    const early = listenTo(there);
    early.link.close();
    assert.deepEqual(await early.closed, { code: 1006 });
  });
});
