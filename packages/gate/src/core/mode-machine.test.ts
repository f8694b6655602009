import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gateServerLimits as limits } from "../limits.ts";
import { type Flow, ModeMachine } from "./mode-machine.ts";
import { quietLoad } from "./testing/fakes.ts";
import type { Load } from "./types.ts";

const stillness: Flow = { arrivals: 0, admitted: 0, lost: 0 };
const crowd: Flow = { arrivals: 100, admitted: 100, lost: 0 };

function make() {
  const machine = new ModeMachine({ limits, elapsed: 0 });
  let elapsed = 0;
  const second = (load: Partial<Load> = {}, flow: Flow = stillness) => {
    elapsed += 1_000;
    machine.tick({ ...quietLoad, ...load }, { flow, elapsed });
    return machine.mode;
  };
  return { machine, second };
}

const causes: readonly { readonly why: string; readonly load: Partial<Load>; readonly flow?: Flow }[] = [
  { why: "handshakes wait", load: { handshakeQueueAgeMs: 2_000 } },
  { why: "event loop late", load: { loopDelayP99Ms: 300 }, flow: crowd },
  { why: "accept queue overflows", load: { acceptOverflows: 1_000 } },
  { why: "connections that prove nothing", load: { connections: 2_000, unadmitted: 1_900 } },
  { why: "memory", load: { memoryShare: 0.97 } },
];

describe("[GT60] modes", () => {
  for (const { why, load, flow } of causes) {
    it(`go up within two seconds by: ${why}`, () => {
      const { machine, second } = make();
      assert.equal(second(), "normal");
      assert.equal(second(load, flow), "guarded");
      assert.equal(second(load, flow), "siege");
      assert.equal(machine.reason, why);
    });
  }

  it("are guarded when connections come and go without being admitted", () => {
    const { machine, second } = make();
    assert.equal(second({}, { arrivals: 500, admitted: 200, lost: 300 }), "normal");
    assert.equal(second({}, { arrivals: 500, admitted: 10, lost: 490 }), "guarded");
    assert.equal(machine.reason, "connections refused or broken off");
  });

  it("do not go up to siege for one hiccup, nor up at all for a loop that those inside keep busy", () => {
    const { second } = make();
    assert.equal(second({ loopDelayP99Ms: 900 }), "normal");
    assert.equal(second({ loopDelayP99Ms: 900 }, crowd), "guarded");
    assert.equal(second({}, crowd), "guarded");
    assert.equal(second({ loopDelayP99Ms: 900 }, crowd), "guarded");
  });

  it("go down by one after sixty clean seconds, not sooner", () => {
    const { machine, second } = make();
    second({ memoryShare: 2 });
    assert.equal(second({ memoryShare: 2 }), "siege");
    for (let i = 0; i < 59; i++) assert.equal(second(), "siege");
    assert.equal(second(), "guarded");
    for (let i = 0; i < 30; i++) second();
    assert.equal(second({ memoryShare: 0.85 }), "guarded");
    for (let i = 0; i < 59; i++) assert.equal(second(), "guarded");
    assert.equal(second(), "normal");
    assert.equal(machine.reason, "quiet");
  });
});
