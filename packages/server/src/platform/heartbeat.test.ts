import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Heartbeat, type Pulse } from "./heartbeat.ts";

class FakePeer implements Pulse {
  bytesRead = 100;
  bytesSeen = 0;
  silentVisits = 0;
  pings = 0;
  isTerminated = false;
  readonly #answers: boolean;

  constructor({ answers }: { answers: boolean }) {
    this.#answers = answers;
  }

  ping(): void {
    this.pings += 1;
    if (this.#answers) this.bytesRead += 6;
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

/** Enough ticks for `rounds` visits of every peer, the tick that ends each round included. */
function run(heartbeat: Heartbeat<FakePeer>, rounds: number): void {
  for (let tick = 0; tick < 41 * rounds; tick++) heartbeat.tick();
}

describe("[WR17] the heartbeat", () => {
  it("asks the silent, keeps those that answer, and ends those that do not", () => {
    const heartbeat = new Heartbeat<FakePeer>();
    const alive = Array.from({ length: 100 }, () => new FakePeer({ answers: true }));
    const dead = Array.from({ length: 100 }, () => new FakePeer({ answers: false }));
    for (const peer of [...alive, ...dead]) heartbeat.add(peer);
    run(heartbeat, 5);
    assert.ok(alive.every(({ isTerminated, pings }) => !isTerminated && pings > 0));
    assert.ok(dead.every(({ isTerminated, pings }) => isTerminated && pings === 1));
  });

  it("does not ask whoever speaks", () => {
    const heartbeat = new Heartbeat<FakePeer>();
    const peer = new FakePeer({ answers: false });
    heartbeat.add(peer);
    for (let tick = 0; tick < 200; tick++) {
      peer.bytesRead += 1;
      heartbeat.tick();
    }
    assert.equal(peer.pings, 0);
  });

  it("visits a fortieth of the peers in a tick", () => {
    const heartbeat = new Heartbeat<FakePeer>();
    const peers = Array.from({ length: 400 }, () => new FakePeer({ answers: false }));
    for (const peer of peers) heartbeat.add(peer);
    const visited = () => peers.filter(({ bytesSeen }) => bytesSeen > 0).length;
    heartbeat.tick();
    assert.equal(visited(), 10);
    heartbeat.tick();
    assert.equal(visited(), 20);
  });

  it("forgets whoever has left, and finds whoever comes later", () => {
    const heartbeat = new Heartbeat<FakePeer>();
    const left = new FakePeer({ answers: false });
    const late = new FakePeer({ answers: false });
    heartbeat.add(left);
    run(heartbeat, 1);
    heartbeat.remove(left);
    heartbeat.add(late);
    run(heartbeat, 5);
    assert.equal(left.isTerminated, false);
    assert.equal(late.isTerminated, true);
  });
});
