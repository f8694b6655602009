import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asId,
  decode,
  decodeRequest,
  encodeError,
  encodePush,
  encodeReply,
  limits,
  ProtocolError,
  proofCodec,
} from "@rempart/protocol";
import fc from "fast-check";
import type { ConnectionView } from "../api.ts";
import { Entrance } from "../gate/entrance.ts";
import { admitted, FakePurse, fakeWallet, puzzle, refused, ticketOf } from "../gate/gate.fixture.ts";
import { clientLimits } from "../limits.ts";
import type { LinkHandlers, Solver } from "../ports.ts";
import { retryDelayMs } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { HandClock } from "./hand-clock.fixture.ts";

interface Peer {
  readonly handlers: LinkHandlers;
  readonly sent: Uint8Array[];
  isClosed: boolean;
}

function setUp(prove?: () => Promise<"member">, solver?: Solver) {
  const clock = new HandClock();
  const wallet = fakeWallet(clock);
  const purse = new FakePurse();
  const peers: Peer[] = [];
  const views: ConnectionView[] = [];
  const connection = new Connection({
    clock,
    entrance: new Entrance({ wallet, purse, clock }),
    solver,
    fraction: () => 0.5,
    randomBytes: (count) => new Uint8Array(count),
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
      failed: (error) => assert.fail(String(error)),
    },
  });
  return { clock, wallet, purse, peers, views, connection };
}

const origin = "http://x";
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

async function greet(peer: Peer | undefined): Promise<void> {
  assert.ok(peer);
  peer.handlers.opened();
  await settled();
  const { requestId, name } = decodeRequest(peer.sent[1] ?? new Uint8Array());
  assert.equal(name, "hello");
  peer.handlers.frame(admitted());
  const body = { version: 1, agent: "server", challenge: new Uint8Array(32), now: 0 };
  peer.handlers.frame(encodeReply("hello", requestId, body));
  await settled();
}

test("a connection says hello, proves the account, and is online", async () => {
  const { peers, views, connection } = setUp();
  connection.connect(origin);
  await greet(peers[0]);
  assert.deepEqual(
    views.map((view) => view.state),
    ["connecting", "online"],
  );
});

test("after a loss it comes back, ever later, and at once after success", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect(origin);
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
  connection.connect(origin);
  await greet(peers[0]);
  peers[0]?.handlers.frame(encodePush("goodbye", { code: 51, retryAfterMs: 10_000 }));
  assert.equal(connection.view.retryAt, 15_000);
  clock.advance(14_999);
  assert.equal(peers.length, 1);
  clock.advance(1);
  assert.equal(peers.length, 2);
});

test("requests in flight fail when the link is lost, and none is sent while offline", async () => {
  const { peers, connection } = setUp();
  connection.connect(origin);
  await assert.rejects(connection.request("ping", {}), { code: "ERR_OFFLINE" });
  await greet(peers[0]);
  const waiting = connection.request("ping", {});
  peers[0]?.handlers.closed({ code: 1006 });
  await assert.rejects(waiting, { code: "ERR_OFFLINE" });
});

test("an answer that is overdue gives up the link", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect(origin);
  await greet(peers[0]);
  const waiting = connection.request("ping", {});
  clock.advance(clientLimits.requestTimeoutMs);
  await assert.rejects(waiting, { code: "ERR_TIMEOUT" });
  assert.equal(peers[0]?.isClosed, true);
  assert.equal(connection.view.error, "ERR_TIMEOUT");
});

test("a link that has gone silent is tested, and given up when it does not answer", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect(origin);
  await greet(peers[0]);
  clock.advance(clientLimits.pingAfterMs);
  assert.equal(decodeRequest(peers[0]?.sent[2] ?? new Uint8Array()).name, "ping");
  clock.advance(clientLimits.requestTimeoutMs);
  await settled();
  assert.equal(peers[0]?.isClosed, true);
  assert.equal(connection.isOnline, false);
});

test("a silent link is tested although the clock was set back", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect(origin);
  await greet(peers[0]);
  clock.offsetMs = -3_600_000;
  clock.advance(clientLimits.pingAfterMs);
  assert.equal(decodeRequest(peers[0]?.sent[2] ?? new Uint8Array()).name, "ping");
});

test("a refusal that no new attempt would change is final until somebody asks again", async () => {
  const { clock, peers, connection } = setUp(async () => {
    throw new ProtocolError("ERR_SIGNATURE", "no");
  });
  connection.connect(origin);
  await greet(peers[0]);
  assert.deepEqual(connection.view, { state: "refused", error: "ERR_SIGNATURE" });
  clock.advance(3_600_000);
  assert.equal(peers.length, 1);
  connection.connect(origin);
  assert.equal(peers.length, 2);
});

test("an error that belongs to no request, and a frame that is none, end the link", async () => {
  for (const frame of [encodeError(0, new ProtocolError("ERR_MALFORMED", "?")), Uint8Array.of(1, 2, 3)]) {
    const { peers, connection } = setUp();
    connection.connect(origin);
    await greet(peers[0]);
    peers[0]?.handlers.frame(frame);
    assert.equal(peers[0]?.isClosed, true);
    assert.equal(connection.view.state, "offline");
  }
});

test("more requests than may be in flight wait their turn", async () => {
  const { peers, connection } = setUp();
  connection.connect(origin);
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

test("history waits for history, and a message for neither", async () => {
  const { peers, connection } = setUp();
  connection.connect(origin);
  await greet(peers[0]);
  const namesAfter = (count: number) => (peers[0]?.sent ?? []).slice(count).map((frame) => decodeRequest(frame).name);
  const before = peers[0]?.sent.length ?? 0;
  const logId = asId("LogId", new Uint8Array(16));
  const readKey = asId("Capability", new Uint8Array(32));
  const inFlightMax = clientLimits.inFlightBytesMax / limits.frameBytesMax;
  const reads = Array.from({ length: inFlightMax + 2 }, () =>
    connection.request("read", { logId, readKey, fromSeq: 1, limit: 1 }),
  );
  void connection.request("ping", {}).catch(() => undefined);
  assert.deepEqual(namesAfter(before), [...Array.from({ length: inFlightMax }, () => "read"), "ping"]);
  const answer = (at: number) => {
    const { requestId } = decodeRequest(peers[0]?.sent[at] ?? new Uint8Array());
    peers[0]?.handlers.frame(encodeReply("read", requestId, { entries: [], headSeq: 0, epoch: 0 }));
  };
  answer(before);
  await reads[0];
  assert.deepEqual(namesAfter(before + inFlightMax), ["ping", "read"], "there is room for one more");
  connection.stop();
  const settled = await Promise.allSettled(reads.slice(1));
  assert.ok(settled.every((each) => each.status === "rejected" && each.reason.code === "ERR_OFFLINE"));
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

test("the gate hears a proof first and hello right behind it, and the account only after it has let us in", async () => {
  const proofs: string[] = [];
  const { wallet, peers, connection } = setUp(async () => {
    proofs.push("account");
    return "member";
  });
  wallet.keep(origin, [ticketOf(1)]);
  connection.connect(origin);
  const [peer] = peers;
  assert.ok(peer);
  peer.handlers.opened();
  assert.equal(wallet.count(origin), 0, "gone before it is shown");
  assert.equal(decode(proofCodec, peer.sent[0] ?? new Uint8Array()).kind, "ticket");
  assert.equal(decodeRequest(peer.sent[1] ?? new Uint8Array()).name, "hello");
  await settled();
  assert.deepEqual(proofs, []);
  peer.handlers.frame(admitted(ticketOf(2)));
  assert.equal(wallet.count(origin), 1);
  const body = { version: 1, agent: "server", challenge: new Uint8Array(32), now: 0 };
  peer.handlers.frame(encodeReply("hello", decodeRequest(peer.sent[1] ?? new Uint8Array()).requestId, body));
  await settled();
  assert.deepEqual(proofs, ["account"]);
  assert.equal(connection.mode, "normal");
});

test("sent away, it says so, waits, and is online as soon as it is let in", async () => {
  const { clock, peers, views, connection } = setUp();
  connection.connect(origin);
  peers[0]?.handlers.opened();
  peers[0]?.handlers.frame(refused({ retryAfterMs: 8_000 }));
  assert.equal(peers[0]?.isClosed, true);
  peers[0]?.handlers.closed({ code: 1013 });
  assert.deepEqual(connection.view, { state: "waiting", why: "busy", mode: "siege", retryAt: 12_000 });
  await assert.rejects(connection.request("ping", {}), { code: "ERR_OFFLINE" });
  clock.advance(11_999);
  connection.connect(origin);
  connection.stop();
  connection.connect(origin);
  assert.equal(peers.length, 1, "whatever is pressed");
  assert.equal(connection.view.state, "waiting");
  clock.advance(1);
  assert.deepEqual(connection.view, { state: "connecting", why: "busy", mode: "siege" });
  assert.ok(connection.isInLine);
  await greet(peers[1]);
  assert.deepEqual(views.at(-1), { state: "online" });
  assert.ok(!connection.isInLine);
});

test("a place in line is of one server: another is asked at once, and nobody is called back after stopping", async () => {
  const { clock, peers, connection } = setUp();
  connection.connect(origin);
  peers[0]?.handlers.opened();
  peers[0]?.handlers.frame(refused({}));
  connection.stop();
  clock.advance(3_600_000);
  assert.equal(peers.length, 1);
  connection.connect(origin);
  peers[1]?.handlers.opened();
  peers[1]?.handlers.frame(refused({}));
  connection.connect("http://y");
  assert.equal(peers.length, 3);
  assert.deepEqual(connection.view, { state: "connecting" });
});

test("a link that ends before a verdict is an ordinary loss, and what was shown counts as spent", () => {
  const { clock, wallet, peers, connection } = setUp();
  wallet.keep(origin, [ticketOf(1)]);
  connection.connect(origin);
  peers[0]?.handlers.closed({ code: 1006 });
  assert.equal(wallet.count(origin), 1, "nothing was shown");
  clock.advance(250);
  peers[1]?.handlers.opened();
  peers[1]?.handlers.closed({ code: 1006 });
  assert.equal(wallet.count(origin), 0);
  assert.deepEqual(connection.view, { state: "offline", error: "ERR_OFFLINE", retryAt: 750 });
});

test("an answer of the gate that is none ends the link", () => {
  const { peers, connection } = setUp();
  connection.connect(origin);
  peers[0]?.handlers.opened();
  peers[0]?.handlers.frame(Uint8Array.of(9));
  assert.equal(peers[0]?.isClosed, true);
  assert.equal(connection.view.error, "ERR_MALFORMED");
});

test("a client that is closed while it works on a puzzle stops working", async () => {
  let signal: AbortSignal | undefined;
  const solver: Solver = {
    solve(_task, options) {
      signal = options.signal;
      return new Promise(() => undefined);
    },
  };
  const { peers, connection } = setUp(undefined, solver);
  connection.connect(origin);
  peers[0]?.handlers.opened();
  peers[0]?.handlers.frame(refused({ reason: "prove", puzzle }));
  assert.equal(connection.view.why, "working");
  connection.stop();
  assert.equal(signal?.aborted, false, "it goes on where it was when the account is tried again");
  connection.close();
  assert.equal(signal?.aborted, true);
});
