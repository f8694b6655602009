import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { upgradeRequest } from "../testing/front.ts";
import { readRequestHead } from "./request-head.ts";

const bytesMax = 4_096;
const read = (text: string) => readRequestHead(Buffer.from(text, "latin1"), bytesMax);

describe("a request's head", () => {
  it("of an upgrade gives what the gate needs of it", () => {
    const head = upgradeRequest({ Origin: "https://chat.example", "X-Forwarded-For": "198.51.100.7" });
    assert.deepEqual(read(`${head}behind`), {
      bytes: head.length,
      key: "cmVtcGFydC1nYXRlLXRlcw==",
      host: "chat.example",
      origin: "https://chat.example",
      forwardedFor: "198.51.100.7",
    });
    const other = upgradeRequest({ Connection: "keep-alive, UPGRADE", Upgrade: "WebSocket", Cookie: "a=b" });
    assert.ok(typeof read(other) === "object");
  });

  it("is incomplete until its empty line", () => {
    const head = upgradeRequest();
    for (let end = 0; end < head.length; end++) assert.equal(read(head.slice(0, end)), "incomplete");
  });

  it("is the website's as soon as it is another request", () => {
    for (const text of [
      "P",
      "GET /",
      "GET /v1/connect?x",
      "GET /v1/connect/ HTTP/1.1\r\n",
      "GET /v1/connect HTTP/1.0\r\n",
    ]) {
      const isPrefix = "GET /v1/connect HTTP/1.1\r\n".startsWith(text);
      assert.equal(read(text), isPrefix ? "incomplete" : "website", text);
    }
    assert.equal(read("GET /v1/connect HTTP/1.1\r\nHost: x\r\n\r\n"), "website");
  });

  it("is junk when it is no HTTP, or no upgrade that RFC 6455 knows", () => {
    const head = upgradeRequest();
    const broken = {
      "no HTTP": "\x16\x03\x01",
      "no key": head.replace("Sec-WebSocket-Key", "Other"),
      "short key": head.replace("Key: c", "Key: "),
      "no host": head.replace("Host", "Other"),
      "two hosts and no key": head.replace("Sec-WebSocket-Key: ", "Host: "),
      version: head.replace("Version: 13", "Version: 8"),
      "another upgrade": head.replace("Upgrade: websocket", "Upgrade: h2c"),
      "no connection": head.replace("Connection: Upgrade", "Connection: close"),
      body: upgradeRequest({ "Content-Length": "1" }),
      chunks: upgradeRequest({ "Transfer-Encoding": "chunked" }),
      folded: head.replace("\r\nHost", "\r\n Host"),
      "space before the colon": head.replace("Host:", "Host :"),
      "control character": head.replace("chat", "ch\u0001t"),
      "bare line feed": head.replace("\r\nUpgrade", "\nUpgrade"),
      "too many lines": head.replace("\r\n\r\n", `${"\r\nA: b".repeat(60)}\r\n\r\n`),
    };
    for (const [name, text] of Object.entries(broken)) assert.equal(read(text), "junk", name);
  });

  it("is too long above the limit", () => {
    assert.equal(read(upgradeRequest({ Cookie: "x".repeat(bytesMax) })), "too-long");
    assert.equal(read(upgradeRequest({ Cookie: "x".repeat(2_000) }).slice(0, 2_000)), "incomplete");
  });

  it("never makes the reader throw", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "binary-ascii" }), (text) => {
        read(text);
        read(`GET /v1/connect HTTP/1.1\r\n${text}\r\n\r\n`);
      }),
    );
  });
});
