import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import {
  connectPath,
  encodeRequest,
  errorCodes,
  limits,
  ProtocolError,
  protocolVersion,
  toHex,
} from "@rempart/protocol";
import { pino } from "pino";
import { WebSocket } from "ws";
import { damageEntryPages } from "../testing/damage.ts";
import { connectOver, passGate, TestAccount } from "../testing/test-client.ts";
import { newWorld, range, TestLog } from "../testing/test-service.ts";
import { Front } from "./front.ts";
import { createHttpServer } from "./http.ts";
import { type RunningServer, type ServerOptions, startServer } from "./server.ts";

const listen = { host: "127.0.0.1", port: 0 };

async function withServer(
  options: Partial<ServerOptions>,
  body: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await startServer({ dataDir: "", listen, memory: true, ...options });
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "rempart-server-"));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** For a gate without an issuer. */
const noTokens = {
  tokens: { check: () => ({ fault: "unknown-key" }) as const },
  spent: { spend: () => Promise.reject(new Error("there is no store")) },
  report: (error: unknown) => assert.fail(String(error)),
};

/** A logger, and what it has written. */
function newLog() {
  let written = "";
  const sink = new Writable({
    write(chunk, _, done) {
      written += String(chunk);
      done();
    },
  });
  const lines = () =>
    written
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log: pino({ base: null, level: "trace" }, sink), lines };
}

/** The HTTP status with which an upgrade is refused, or "open". */
function upgrade(url: string, options: { path?: string; origin?: string } = {}): Promise<number | "open"> {
  const { path = connectPath, origin } = options;
  const socket = new WebSocket(url.replace("http", "ws") + path, origin === undefined ? {} : { origin });
  return new Promise((resolve) => {
    socket.on("error", () => undefined);
    socket.on("unexpected-response", (_, { statusCode = 0 }) => resolve(statusCode));
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
  });
}

describe("the WebSocket door", () => {
  it("[WR1] opens at its exact path only", () =>
    withServer({}, async ({ url }) => {
      assert.equal(await upgrade(url), "open");
      for (const path of ["/", "/v1/connect/", "/v1/connect?x", "/v2/connect"])
        assert.equal(await upgrade(url, { path }), 404);
    }));

  it("[WR13] opens to our own pages, to listed ones, and to programs", () =>
    withServer({ allowedOrigins: ["https://example.org"] }, async ({ url }) => {
      assert.equal(await upgrade(url, { origin: url }), "open");
      assert.equal(await upgrade(url, { origin: "https://example.org" }), "open");
      for (const origin of ["https://evil.example", "null", "http://127.0.0.1"])
        assert.equal(await upgrade(url, { origin }), 403);
    }));

  it("[WR18] takes proofs for its public hosts and the address that was dialled, whatever the Host header says", () =>
    withServer({ allowedOrigins: ["https://chat.example"] }, async ({ url, port, firstInvite }) => {
      assert.ok(firstInvite);
      const account = new TestAccount();
      const relayed = await connectOver(url, { host: "evil.example" });
      await assert.rejects(account.register(relayed, firstInvite), { code: "ERR_SIGNATURE" });
      const other = await connectOver(url, { host: `127.0.0.1:${port + 1}` });
      await assert.rejects(account.register(other, firstInvite), { code: "ERR_SIGNATURE" });
      assert.deepEqual(await account.register(await connectOver(url), firstInvite), { role: "admin" });
      for (const host of ["chat.example", `localhost:${port}`]) {
        assert.deepEqual(await account.authenticate(await connectOver(url, { host })), { role: "admin" });
      }
    }));

  it("[WR1] leaves no half-open connection behind a refusal", { timeout: 5_000 }, () =>
    withServer({}, async ({ port }) => {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      socket.write("GET /elsewhere HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
      socket.resume();
      await once(socket, "end");
      // Our half is still open, and can be written to for ever unless the server has let go of its own.
      const write = () =>
        new Promise<void>((resolve, reject) => socket.write("x", (error) => (error ? reject(error) : resolve())));
      socket.on("error", () => undefined);
      await assert.rejects(
        async () => {
          for (;;) await write();
        },
        { code: /^(EPIPE|ECONNRESET)$/ },
      );
    }),
  );

  it("[WR11] ends connections that send nothing, or half a request", async () => {
    const deadlines = { headersTimeout: 40, requestTimeout: 80, connectionsCheckingInterval: 20 };
    const server = createHttpServer({ webFiles: new Map(), isHealthy: () => true, deadlines });
    await once(server.listen(0, "127.0.0.1"), "listening");
    try {
      const { port } = server.address() as AddressInfo;
      await Promise.all(
        ["", `GET ${connectPath} HTTP/1.1\r\nHost: x\r\n`].map(async (sent) => {
          const socket = connect(port, "127.0.0.1").on("error", () => undefined);
          socket.write(sent);
          socket.resume();
          await once(socket, "close");
        }),
      );
    } finally {
      server.close();
    }
  });

  it("[WR17] pings peers that are silent, keeps those that answer, and drops the others", async () => {
    const { service } = await newWorld();
    const front = await Front.make(
      { listen, allowedOrigins: [], proxies: [], memoryBytesMax: 2 ** 31 },
      { log: pino({ enabled: false }), service, website: { webFiles: new Map(), isHealthy: () => true }, ...noTokens },
    );
    try {
      const url = `ws://127.0.0.1:${await front.listen()}${connectPath}`;
      const [alive, dead] = [new WebSocket(url), new WebSocket(url, { autoPong: false })];
      await Promise.all([passGate(alive), passGate(dead)]);
      const sweep = (rounds: number) => {
        for (let tick = 0; tick < 41 * rounds; tick++) front.tick();
      };
      sweep(2);
      await Promise.all([once(alive, "ping"), once(dead, "ping")]);
      // The reply says that the answer to the ping has come before it.
      alive.send(encodeRequest("hello", 1, { version: protocolVersion, agent: "test" }));
      await once(alive, "message");
      sweep(2);
      const [code] = (await once(dead, "close")) as [number];
      assert.equal(code, 1006);
      assert.equal(alive.readyState, WebSocket.OPEN);
      alive.terminate();
    } finally {
      await front.close();
    }
  });

  it("[WR1] closes after text and after a message above the limit", () =>
    withServer({}, async ({ url }) => {
      const codeAfter = async (message: string | Uint8Array) => {
        const socket = new WebSocket(url.replace("http", "ws") + connectPath);
        await passGate(socket);
        socket.send(message);
        const [code] = (await once(socket, "close")) as [number];
        return code;
      };
      assert.equal(await codeAfter("text"), 1003);
      assert.equal(await codeAfter(new Uint8Array(limits.frameBytesMax + 1)), 1009);
    }));

  it("[WR24] slows down who sends too much, losing nothing, and ends who pings too much", () =>
    withServer({ limits: { framesPerSecondMax: 20, controlsPerSecondMax: 3 } }, async ({ url }) => {
      const startedAt = performance.now();
      const client = await connectOver(url);
      await Promise.all(range(1, 60).map(() => client.request("ping", {})));
      // Those came in one read; what follows is read when the second is over.
      await client.request("ping", {});
      assert.ok(performance.now() - startedAt > 990);
      client.end();
      const socket = new WebSocket(url.replace("http", "ws") + connectPath);
      await passGate(socket);
      for (const _ of range(1, 4)) socket.ping();
      assert.deepEqual((await once(socket, "close"))[0], 1008);
    }));

  it("survives bytes that are no WebSocket", () =>
    withServer({}, async ({ url, port }) => {
      for (const bytes of [
        "GET / HTTP/9\r\n\r\n",
        "\u0000\u0001\u0002\r\n\r\n",
        `GET ${connectPath} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n`,
      ]) {
        const socket = connect(port, "127.0.0.1");
        // The gate resets whoever speaks something else.
        socket.on("error", () => undefined);
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.end(bytes);
        socket.resume();
        await closed;
      }
      assert.equal(await upgrade(url), "open");
    }));

  it("[LG14] streams a long history through a narrow way out, then live", () =>
    withServer({ limits: { streamBufferedBytesMax: 20_000 } }, async ({ url, firstInvite }) => {
      assert.ok(firstInvite !== undefined);
      const [writer, reader] = [await connectOver(url), await connectOver(url)];
      await new TestAccount().register(writer, firstInvite);
      const log = await TestLog.create(writer);
      const append = () => Promise.all(range(1, 100).map(() => log.append(writer, { size: 5_000 })));
      await append();
      await log.subscribe(reader);
      await append();
      await reader.until(() => reader.entries.length >= 200);
      assert.deepEqual(
        reader.entries.map(({ seq }) => seq),
        range(1, 200),
      );
    }));
});

describe("a server", () => {
  it("keeps accounts and entries over a restart, and invites its admin once", () =>
    withDirectory(async (directory) => {
      const dataDir = join(directory, "data");
      const account = new TestAccount();
      const first = await startServer({ dataDir, listen });
      const client = await connectOver(first.url);
      assert.ok(first.firstInvite !== undefined);
      await account.register(client, first.firstInvite);
      const log = await TestLog.create(client);
      await log.append(client);
      await first.stop();
      assert.deepEqual(client.closeCode, 1001);
      await withServer({ dataDir, memory: false }, async ({ url, firstInvite }) => {
        assert.equal(firstInvite, undefined);
        const again = await connectOver(url);
        assert.deepEqual(await account.authenticate(again), { role: "admin" });
        await log.subscribe(again);
        await again.until(() => again.entries.length === 1);
      });
    }));

  it("[WR14] says that its disk is full, in health and log too, and loses nothing", () =>
    withDirectory(async (dataDir) => {
      const { log, lines } = newLog();
      await withServer({ dataDir, memory: false, storageBytesMax: 600_000, log }, async ({ url, firstInvite }) => {
        assert.ok(firstInvite !== undefined);
        const client = await connectOver(url);
        await new TestAccount().register(client, firstInvite);
        const testLog = await TestLog.create(client);
        let kept = 0;
        const fill = async () => {
          for (;;) kept = (await testLog.append(client, { size: 40_000 })).seq;
        };
        await assert.rejects(fill, (error) => error instanceof ProtocolError && error.code === "ERR_STORAGE_FULL");
        assert.equal((await fetch(`${url}/healthz`)).status, 503);
        assert.ok(lines().some(({ msg }) => /storage is full/.test(String(msg))));
        await testLog.subscribe(client);
        await client.until(() => client.pushesOf("caughtUp").length === 1);
        assert.ok(kept > 3);
        assert.deepEqual(
          client.entries.map(({ seq }) => seq),
          range(1, kept),
        );
      });
    }));

  it("[WR14] ends what needs a damaged page, turns its health red, says so in its log, and serves the rest", () =>
    withDirectory(async (dataDir) => {
      const account = new TestAccount();
      const testLogs: TestLog[] = [];
      await withServer({ dataDir, memory: false }, async ({ url, firstInvite }) => {
        assert.ok(firstInvite !== undefined);
        const client = await connectOver(url);
        await account.register(client, firstInvite);
        testLogs.push(await TestLog.create(client), await TestLog.create(client));
        for (const _ of range(1, 20)) await testLogs[0]?.append(client, { size: 3_000, fill: 7 });
      });
      await damageEntryPages(join(dataDir, "rempart.sqlite"));
      const { log, lines } = newLog();
      await withServer({ dataDir, memory: false, log }, async ({ url }) => {
        const [client, other] = [await connectOver(url), await connectOver(url)];
        await testLogs[0]?.subscribe(client);
        await client.until(() => client.closeCode !== undefined);
        assert.equal(client.closeCode, 1013);
        assert.equal(client.pushesOf("goodbye")[0]?.code, errorCodes.ERR_STORAGE);
        assert.equal((await fetch(`${url}/healthz`)).status, 503);
        assert.ok(lines().some(({ reason }) => /malformed/.test(String(reason))));
        await account.authenticate(other);
        await testLogs[1]?.subscribe(other);
        await other.until(() => other.pushesOf("caughtUp").length === 1);
      });
    }));

  it("rejects when its port is taken", () =>
    withServer({}, async ({ port }) => {
      await assert.rejects(startServer({ dataDir: "", memory: true, listen: { ...listen, port } }), /EADDRINUSE/);
    }));

  it("shows health and metrics on the admin port, and health alone in public", () =>
    withDirectory((dataDir) =>
      withServer({ dataDir, memory: false }, async ({ url, adminUrl, firstInvite }) => {
        assert.ok(firstInvite !== undefined);
        const client = await connectOver(url);
        const account = new TestAccount();
        await account.register(client, firstInvite);
        const log = await TestLog.create(client);
        await log.append(client);
        await assert.rejects(log.rotate(client, 9));
        for (const base of [url, adminUrl]) {
          const health = await fetch(`${base}/healthz`);
          assert.deepEqual([health.status, await health.json()], [200, { status: "ok" }]);
        }
        assert.equal((await fetch(`${url}/metrics`)).status, 404);
        const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
        assert.match(metrics, /^rempart_connections 1$/m);
        assert.match(metrics, /^rempart_appends_total 1$/m);
        assert.match(metrics, /^rempart_errors_total\{code="ERR_EPOCH"\} 1$/m);
        assert.match(metrics, /^rempart_commit_seconds_count [1-9]/m);
        assert.match(metrics, /# EOF\n$/);
        for (const id of [account.accountId, log.logId]) assert.ok(!metrics.includes(toHex(id)));
      }),
    ));

  it("writes nothing linkable into its log", async () => {
    const { log: logger, lines } = newLog();
    await withServer({ log: logger }, async ({ url, firstInvite }) => {
      assert.ok(firstInvite !== undefined);
      const client = await connectOver(url);
      await new TestAccount().register(client, firstInvite);
      const log = await TestLog.create(client);
      await log.append(client);
      await client.sendRaw(new Uint8Array([0xff]), 0).catch(() => undefined);
    });
    assert.deepEqual(
      lines().map(({ msg }) => msg),
      ["the server is ready", "the server has stopped"],
    );
    const keys = new Set(lines().flatMap((line) => Object.keys(line)));
    assert.deepEqual([...keys].sort(), ["adminPort", "level", "msg", "port", "time"]);
  });
});

describe("the web app's files", () => {
  const withApp = (body: (server: RunningServer) => Promise<void>) =>
    withDirectory(async (webRoot) => {
      await mkdir(join(webRoot, "assets"));
      const files = {
        "index.html": "<p>app",
        "assets/app-1.js": "plain",
        "assets/app-1.js.br": "br",
        "assets/app-1.js.gz": "gz",
        "secret.key": "k",
      };
      for (const [name, content] of Object.entries(files)) await writeFile(join(webRoot, name), content);
      await withServer({ webRoot }, body);
    });

  it("come with the headers that fence them", () =>
    withApp(async ({ url }) => {
      for (const path of ["/", "/i", "/c", "/assets/app-1.js", "/healthz", "/nothing"]) {
        const { headers } = await fetch(url + path);
        assert.match(
          headers.get("content-security-policy") ?? "",
          /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/,
        );
        assert.equal(headers.get("x-content-type-options"), "nosniff");
        assert.equal(headers.get("referrer-policy"), "no-referrer");
        assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
        assert.equal(headers.get("cross-origin-embedder-policy"), "require-corp");
      }
    }));

  it("are found by path, links lead to the app, and nothing else is served", () =>
    withApp(async ({ url }) => {
      for (const path of ["/", "/i", "/c?x=1"]) assert.equal(await (await fetch(url + path)).text(), "<p>app");
      for (const path of ["/secret.key", "/assets/", "/..%2f..%2fetc/passwd", "/assets/app-1.js.br", "/x"]) {
        assert.equal((await fetch(url + path)).status, 404, path);
      }
      assert.equal((await fetch(url, { method: "POST" })).status, 405);
    }));

  it("are cached by their names, and sent compressed to whoever takes that", () =>
    withApp(async ({ url }) => {
      const get = (path: string, headers: Record<string, string> = {}) =>
        fetch(url + path, { headers: { "accept-encoding": "identity", ...headers } });
      const asset = await get("/assets/app-1.js");
      assert.equal(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
      assert.equal(await asset.text(), "plain");
      const page = await get("/");
      assert.equal(page.headers.get("cache-control"), "no-cache");
      assert.equal((await get("/", { "if-none-match": page.headers.get("etag") ?? "" })).status, 304);
      const encodings = await Promise.all(["gzip, br", "gzip;q=1"].map((accept) => encodingOf(url, accept)));
      assert.deepEqual(encodings, ["br", "gzip"]);
    }));
});

/** `fetch` would undo the encoding, and the test's files are not really compressed. */
async function encodingOf(url: string, accept: string): Promise<string | undefined> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`HEAD /assets/app-1.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${accept}\r\nConnection: close\r\n\r\n`);
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return /content-encoding: (\w+)/i.exec(text)?.[1];
}
