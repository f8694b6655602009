import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeRequest, encodeError, encodePush, encodeReply, ProtocolError } from "@rempart/protocol";
import fc from "fast-check";
import type { ConnectionView } from "../api.ts";
import { clientLimits } from "../limits.ts";
import type { Clock, LinkHandlers } from "../ports.ts";
import { retryDelayMs } from "./backoff.ts";
import { Connection } from "./connection.ts";

/** A clock that tests move by hand. */
class HandClock implements Clock {
  time = 0;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, run: callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }
}

interface Peer {
  readonly handlers: LinkHandlers;
  readonly sent: Uint8Array[];
  isClosed: boolean;
}

function setUp(prove?: () => Promise<"member">) {
  const clock = new HandClock();
  const peers: Peer[] = [];
  const views: ConnectionView[] = [];
  const connection = new Connection({
    clock,
    fraction: () => 0.5,
    agent: "test",
    network: {
      connect(_origin, handlers) {
        const peer: Peer = { handlers, sent: [], isClosed: false };
        peers.push(peer);
        return {
          send: (frame) => void peer.sent.push(frame),
          bufferedBytes: () => 0,
          close: () => {
            peer.isClosed = true;
          },
        };
      },
    },
    handlers: {
      prove: prove ?? (async () => "member"),
      online: () => undefined,
      push: () => undefined,
      changed: (view) => void views.push(view),
    },
  });
  return { clock, peers, views, connection };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function greet(peer: Peer | undefined): Promise<void> {
  assert.ok(peer);
  peer.handlers.opened();
  await settled();
  const { requestId, name } = decodeRequest(peer.sent[0] ?? new Uint8Array());
  assert.equal(name, "hello");
  const body = { version: 1, agent: "server", challenge: new Uint8Array(32), now: 0 };
  peer.handlers.frame(encodeReply("hello", requestId, body));
  await settled();
}

test("a connection says hello, proves the account, and is online", async () => {
  const { peers, views, connection } = setUp();
  connection.connect("http://x");
  await greet(peers[0]);
  assert.deepEqual(
    views.map((view) => view.state),
    ["connecting", "online"],
  );
});

test("after a loss it comes back, ever later, and at once after success", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect("http://x");
  const delays: number[] = [];
  for (let i = 0; i < 8; i++) {
    peers.at(-1)?.handlers.closed({ code: 1006 });
    delays.push((connection.view.retryAt ?? 0) - clock.now());
    clock.advance(delays.at(-1) ?? 0);
    assert.equal(peers.length, i + 2);
  }
  assert.deepEqual(delays, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  await greet(peers.at(-1));
  peers.at(-1)?.handlers.closed({ code: 1006 });
  assert.equal((connection.view.retryAt ?? 0) - clock.now(), 250);
});

test("what the server asks for is waited for, and jitter comes on top", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect("http://x");
  await greet(peers[0]);
  peers[0]?.handlers.frame(encodePush("goodbye", { code: 51, retryAfterMs: 10_000 }));
  assert.equal(connection.view.retryAt, 10_250);
  clock.advance(10_249);
  assert.equal(peers.length, 1);
  clock.advance(1);
  assert.equal(peers.length, 2);
});

test("requests in flight fail when the link is lost, and none is sent while offline", async () => {
  const { peers, connection } = setUp();
  connection.connect("http://x");
  await assert.rejects(connection.request("ping", {}), { code: "ERR_OFFLINE" });
  await greet(peers[0]);
  const waiting = connection.request("ping", {});
  peers[0]?.handlers.closed({ code: 1006 });
  await assert.rejects(waiting, { code: "ERR_OFFLINE" });
});

test("an answer that is overdue gives up the link", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect("http://x");
  await greet(peers[0]);
  const waiting = connection.request("ping", {});
  clock.advance(clientLimits.requestTimeoutMs);
  await assert.rejects(waiting, { code: "ERR_TIMEOUT" });
  assert.equal(peers[0]?.isClosed, true);
  assert.equal(connection.view.error, "ERR_TIMEOUT");
});

test("a link that has gone silent is tested, and given up when it does not answer", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect("http://x");
  await greet(peers[0]);
  clock.advance(clientLimits.pingAfterMs);
  assert.equal(decodeRequest(peers[0]?.sent[1] ?? new Uint8Array()).name, "ping");
  clock.advance(clientLimits.requestTimeoutMs);
  await settled();
  assert.equal(peers[0]?.isClosed, true);
  assert.equal(connection.isOnline, false);
});

test("a refusal that no new attempt would change is final until somebody asks again", async () => {
  const { clock, peers, connection } = setUp(async () => {
    throw new ProtocolError("ERR_SIGNATURE", "no");
  });
  connection.connect("http://x");
  await greet(peers[0]);
  assert.deepEqual(connection.view, { state: "refused", error: "ERR_SIGNATURE" });
  clock.advance(3_600_000);
  assert.equal(peers.length, 1);
  connection.connect("http://x");
  assert.equal(peers.length, 2);
});

test("an error that belongs to no request, and a frame that is none, end the link", async () => {
  for (const frame of [encodeError(0, new ProtocolError("ERR_MALFORMED", "?")), Uint8Array.of(1, 2, 3)]) {
    const { peers, connection } = setUp();
    connection.connect("http://x");
    await greet(peers[0]);
    peers[0]?.handlers.frame(frame);
    assert.equal(peers[0]?.isClosed, true);
    assert.equal(connection.view.state, "offline");
  }
});

test("more requests than may be in flight wait their turn", async () => {
  const { peers, connection } = setUp();
  connection.connect("http://x");
  await greet(peers[0]);
  const before = peers[0]?.sent.length ?? 0;
  const all = Array.from({ length: clientLimits.requestsInFlightMax + 5 }, () => connection.request("ping", {}));
  assert.equal((peers[0]?.sent.length ?? 0) - before, clientLimits.requestsInFlightMax);
  for (let i = before; i < before + all.length; i++) {
    const { requestId } = decodeRequest(peers[0]?.sent[i] ?? new Uint8Array());
    peers[0]?.handlers.frame(encodeReply("ping", requestId, { now: 1 }));
  }
  assert.equal((await Promise.all(all)).length, all.length);
});

test("the pause lies between what was asked for and its bound", () => {
  fc.assert(
    fc.property(
      fc.nat(60),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.nat(100_000),
      (failures, fraction, least) => {
        const delay = retryDelayMs(failures, fraction, least);
        return delay >= least && delay <= least + clientLimits.retryDelayMsMax;
      },
    ),
  );
});
