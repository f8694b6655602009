import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, proofCodec } from "@rempart/protocol";
import { HandClock } from "../connection/hand-clock.fixture.ts";
import { clientLimits } from "../limits.ts";
import type { LinkHandlers } from "../ports.ts";
import { Entrance } from "./entrance.ts";
import { Errand } from "./errand.ts";
import { admitted, FakePurse, fakeWallet, refused, server, ticketOf } from "./gate.fixture.ts";

function setUp({ tokens = 1 } = {}) {
  const clock = new HandClock();
  const wallet = fakeWallet(clock);
  const purse = new FakePurse();
  purse.fill(tokens);
  const entrance = new Entrance({ wallet, purse, clock });
  const links: { handlers: LinkHandlers; sent: Uint8Array[]; isClosed: boolean }[] = [];
  const failures: unknown[] = [];
  const world = { isQuiet: true };
  const errand = new Errand({
    network: {
      connect(_origin, handlers) {
        const link = { handlers, sent: [] as Uint8Array[], isClosed: false };
        links.push(link);
        return {
          send: (frame) => void link.sent.push(frame),
          bufferedBytes: () => 0,
          close: () => {
            link.isClosed = true;
          },
        };
      },
    },
    clock,
    entrance,
    fraction: () => 0.5,
    quietServer: () => (world.isQuiet ? server : undefined),
    failed: (error) => void failures.push(error),
  });
  const pause = () => clock.advance(clientLimits.ticketsPauseMsMax / 2);
  return { clock, wallet, purse, errand, links, failures, world, pause };
}

test("in quiet time one token buys tickets, on a link that says nothing else", () => {
  const { wallet, purse, errand, links, pause } = setUp({ tokens: 2 });
  errand.start();
  assert.equal(links.length, 0, "not at once");
  pause();
  const [link] = links;
  link?.handlers.opened();
  const [proof, ...others] = link?.sent ?? [];
  assert.equal(proof && decode(proofCodec, proof).kind, "token");
  assert.deepEqual(others, []);
  link?.handlers.frame(admitted(ticketOf(1), ticketOf(2)));
  assert.ok(link?.isClosed);
  assert.equal(wallet.count(server), 2);
  assert.equal(purse.count(), 1);
  pause();
  assert.equal(links.length, 1, "who has tickets needs none");
});

test("nobody goes while the gate is pressed, without a token, or after the connection has ended", () => {
  const pressed = setUp();
  pressed.world.isQuiet = false;
  pressed.errand.start();
  pressed.pause();
  const poor = setUp({ tokens: 0 });
  poor.errand.start();
  poor.pause();
  const ended = setUp();
  ended.errand.start();
  ended.errand.stop();
  ended.pause();
  assert.deepEqual(
    [pressed, poor, ended].map(({ links }) => links.length),
    [0, 0, 0],
  );
});

test("a busy gate leaves the token, and another trip is made later", () => {
  const { purse, errand, links, pause } = setUp();
  errand.start();
  pause();
  links[0]?.handlers.opened();
  links[0]?.handlers.frame(refused({ reason: "busy" }));
  assert.equal(purse.count(), 1);
  pause();
  assert.equal(links.length, 2);
});

test("a link that never answers, is cut, or answers nonsense ends the trip", () => {
  const { clock, errand, links, failures, pause } = setUp({ tokens: 3 });
  errand.start();
  pause();
  clock.advance(clientLimits.connectTimeoutMs);
  assert.ok(links[0]?.isClosed);
  clock.advance(clientLimits.ticketsPauseMsMax / 2 - clientLimits.connectTimeoutMs);
  links[1]?.handlers.opened();
  links[1]?.handlers.closed({ code: 1006 });
  pause();
  links[2]?.handlers.opened();
  links[2]?.handlers.frame(new Uint8Array(3));
  assert.ok(links[2]?.isClosed);
  assert.equal(failures.length, 1);
  pause();
  assert.equal(links.length, 4);
});

test("a store that fails before the trip begins is told, and does not leave through the clock", () => {
  const { world, errand, links, failures, pause } = setUp();
  Object.defineProperty(world, "isQuiet", {
    get() {
      throw new Error("the disk fails");
    },
  });
  errand.start();
  pause();
  assert.deepEqual([links.length, failures.length], [0, 1]);
});
