import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ClientApi, ClientEvent, ConnectionView } from "@rempart/client";
import type { Context } from "../src/command.ts";
import { Output } from "../src/output.ts";
import { Patience } from "../src/patience.ts";
import { lineText } from "../src/text/line.ts";

const busy: ConnectionView = { state: "waiting", why: "busy", mode: "siege", retryAt: 12_000 };

test("line: says what is the matter, what happens next, and for about how long", () => {
  assert.equal(lineText(busy, 0), "The server is under attack. You are in line: about 12 s.");
  assert.equal(lineText({ ...busy, mode: "normal" }, 11_999), "The server is busy. You are in line: about 1 s.");
  assert.equal(lineText(busy, 60_000), "The server is under attack. You are in line: about 1 s.");
  const working: ConnectionView = { state: "waiting", why: "working", mode: "guarded", retryAt: 0 };
  const proving = "The server is very busy. Proving that this is a person's device";
  assert.equal(lineText(working, 0), `${proving}.`);
  assert.equal(lineText({ ...working, estimateMs: 8_100, progress: 0.5 }, 0), `${proving}: about 9 s.`);
  const gone: ConnectionView = { state: "waiting", why: "gone", mode: "normal", retryAt: 300_000 };
  assert.equal(lineText(gone, 0), "Nobody from this network is let in for now. Next try: about 5 min.");
  assert.equal(
    lineText({ state: "connecting", why: "busy", mode: "siege" }, 0),
    "The server is under attack. It is your turn.",
  );
  assert.equal(lineText({ state: "offline" }, 0), undefined);
  assert.equal(lineText({ state: "online" }, 0), undefined);
});

function setUp(t: TestContext, options: { readonly isTTY: boolean; readonly timeout?: string }) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  let listener: (event: ClientEvent) => void = () => undefined;
  let written = "";
  const write = (text: string) => {
    written += text;
  };
  const stderr = { write, isTTY: options.isTTY };
  const client = {
    subscribe: (heard: typeof listener) => {
      listener = heard;
      return () => {
        listener = () => undefined;
      };
    },
    connection: () => new Promise(() => undefined),
  } as unknown as ClientApi;
  const context = {
    output: new Output({ stdout: stderr, stderr, isJson: false, noColor: true }),
    world: { now: () => Date.now() },
    args: {
      text: () => options.timeout,
      duration: (_name: string, other: number) => (options.timeout ? 5_000 : other),
    },
  } as unknown as Context;
  const patience = new Patience(context, client);
  let isOver = false;
  void patience.over.then(() => {
    isOver = true;
  });
  const heard = (connection: ConnectionView) => listener({ event: "connection", connection });
  const passed = async (ms: number) => {
    t.mock.timers.tick(ms);
    await Promise.resolve();
    return isOver;
  };
  const taken = () => {
    const text = written;
    written = "";
    return text;
  };
  return { patience, heard, passed, taken };
}

test("line: on a terminal it is rewritten every second, and taken away at the end", async (t) => {
  const { patience, heard, passed, taken } = setUp(t, { isTTY: true });
  heard(busy);
  assert.equal(taken(), "\r\u001b[KThe server is under attack. You are in line: about 12 s.");
  await passed(1_000);
  assert.equal(taken(), "\r\u001b[KThe server is under attack. You are in line: about 11 s.");
  heard({ state: "online" });
  assert.equal(taken(), "\r\u001b[K");
  await passed(5_000);
  assert.equal(taken(), "");
  heard(busy);
  taken();
  patience.end();
  assert.equal(taken(), "\r\u001b[K");
  heard(busy);
  assert.equal(taken(), "");
});

test("line: elsewhere it is written once for each reason", async (t) => {
  const { patience, heard, passed, taken } = setUp(t, { isTTY: false });
  heard(busy);
  await passed(3_000);
  heard({ ...busy, retryAt: 20_000 });
  assert.equal(taken(), "The server is under attack. You are in line: about 12 s.\n");
  heard({ state: "waiting", why: "working", mode: "siege", retryAt: 20_000 });
  assert.match(taken(), /^The server is under attack. Proving [^\n]+\n$/);
  patience.end();
});

test("line: time in line does not count, unless somebody said how long to wait", async (t) => {
  const { heard, passed, patience } = setUp(t, { isTTY: false });
  heard(busy);
  assert.equal(await passed(29_000), false);
  assert.equal(await passed(90_000), false);
  heard({ state: "offline" });
  assert.equal(await passed(30_000), true);
  patience.end();
});

test("line: with --timeout it counts", async (t) => {
  const { heard, passed, patience } = setUp(t, { isTTY: false, timeout: "5s" });
  heard(busy);
  assert.equal(await passed(4_999), false);
  assert.equal(await passed(1), true);
  patience.end();
});
