import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, gateLimits, hostOf, proofCodec, verdictCodec, type WorkTask } from "@rempart/protocol";
import { HandClock } from "../connection/hand-clock.fixture.ts";
import { clientLimits } from "../limits.ts";
import type { Solver, SolverProgress } from "../ports.ts";
import { Entrance, type Refusal } from "./entrance.ts";
import { FakePurse, fakeWallet, puzzle, refused, server } from "./gate.fixture.ts";
import { Line } from "./line.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A solver that tests move by hand. */
class HandSolver implements Solver {
  readonly tasks: WorkTask[] = [];
  isAborted = false;
  progress: (made: SolverProgress) => void = () => undefined;
  #settling = Promise.withResolvers<Uint8Array>();

  solve(task: WorkTask, options: Parameters<Solver["solve"]>[1]): Promise<Uint8Array> {
    this.tasks.push(task);
    this.progress = options.progress;
    this.#settling = Promise.withResolvers();
    options.signal.addEventListener("abort", () => {
      this.isAborted = true;
      this.#settling.reject(options.signal.reason);
    });
    return this.#settling.promise;
  }

  solved(): Promise<void> {
    this.#settling.resolve(new Uint8Array(8).fill(5));
    return settled();
  }

  fails(): Promise<void> {
    this.#settling.reject(new Error("no worker"));
    return settled();
  }
}

function setUp(solver: Solver | undefined = new HandSolver()) {
  const clock = new HandClock();
  const purse = new FakePurse();
  const entrance = new Entrance({ wallet: fakeWallet(clock), purse, clock });
  const back: number[] = [];
  const failures: unknown[] = [];
  let changes = 0;
  const line = new Line({
    clock,
    entrance,
    solver,
    fraction: () => 0.5,
    randomBytes: (count) => new Uint8Array(count).fill(3),
    changed: () => void changes++,
    ready: () => void back.push(clock.now()),
    failed: (error) => void failures.push(error),
  });
  return { clock, purse, entrance, line, back, failures, changes: () => changes };
}

function refusal(fields: Parameters<typeof refused>[0]): Refusal {
  const verdict = decode(verdictCodec, refused(fields));
  assert.ok(verdict.kind === "refused");
  return verdict;
}

test("[GT3] busy: back after the time that the gate named, and a jitter on top", () => {
  const { clock, line, back } = setUp();
  line.begin(server, refusal({ retryAfterMs: 10_000 }));
  assert.deepEqual(line.view, { why: "busy", mode: "siege", retryAt: 15_000 });
  clock.advance(14_999);
  assert.ok(line.holds(server));
  assert.ok(!line.holds("https://example.net"));
  clock.advance(1);
  assert.ok(!line.holds(server));
  assert.deepEqual(back, [15_000]);
  assert.equal(line.view?.why, "busy", "still told while the client is on its way back");
});

test("a gate that names no time is asked ever more rarely, and one that names an age is believed for an hour", () => {
  const { line } = setUp();
  const delays: number[] = [];
  for (let i = 0; i < 8; i++) {
    line.begin(server, refusal({ retryAfterMs: 0 }));
    delays.push(line.view?.retryAt ?? 0);
  }
  assert.deepEqual(delays, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  line.end("admitted");
  line.begin(server, refusal({ retryAfterMs: 0 }));
  assert.equal(line.view?.retryAt, 250);
  line.begin(server, refusal({ retryAfterMs: 0xffff_ffff }));
  assert.equal(line.view?.retryAt, clientLimits.retryAfterMsMax + clientLimits.retryDelayMsMax / 2);
});

test("gone: a long pause, of which a person may cut short only what the client adds", () => {
  const { clock, line, back } = setUp();
  line.begin(server, refusal({ reason: "gone", retryAfterMs: 60_000 }));
  assert.equal(line.view?.why, "gone");
  clock.advance(59_999);
  assert.ok(line.holds(server));
  clock.advance(1);
  assert.ok(!line.holds(server));
  assert.deepEqual(back, []);
  clock.advance(clientLimits.gonePauseMs);
  assert.equal(back.length, 1);
});

test("[GT20] asked to prove, and without a ticket or a token, it solves the puzzle and comes back with the solution", async () => {
  const solver = new HandSolver();
  const { clock, line, entrance, back, changes } = setUp(solver);
  line.begin(server, refusal({ reason: "prove", retryAfterMs: 1_000, puzzle }));
  assert.deepEqual(line.view, { why: "working", mode: "siege", retryAt: 1_500 });
  const own = { seed: puzzle.seed, effort: 3, nonce: new Uint8Array(16).fill(3) };
  assert.deepEqual(solver.tasks, [{ ...own, host: hostOf(server) }]);
  solver.progress({ hashes: gateLimits.workUnitHashes, elapsedMs: 100 });
  assert.equal(line.view?.estimateMs, 300);
  assert.ok(Math.abs((line.view?.progress ?? 0) - (1 - Math.exp(-1 / 3))) < 1e-9);
  assert.equal(changes(), 1);
  clock.advance(9_000);
  assert.deepEqual(back, [], "not before it is solved");
  await solver.solved();
  assert.deepEqual(back, [9_000]);
  const shown = decode(proofCodec, entrance.visit(server).proof);
  assert.deepEqual(shown, { kind: "work", ...own, solution: new Uint8Array(8).fill(5) });
});

test("a solution found at once waits for the gate's time", async () => {
  const solver = new HandSolver();
  const { clock, line, back } = setUp(solver);
  line.begin(server, refusal({ reason: "prove", retryAfterMs: 2_000, puzzle }));
  await solver.solved();
  assert.ok(line.holds(server));
  assert.deepEqual(line.view, { why: "busy", mode: "siege", retryAt: 3_000 });
  clock.advance(3_000);
  assert.deepEqual(back, [3_000]);
});

test("whoever still has a ticket or a token solves nothing", () => {
  const solver = new HandSolver();
  const { line, purse } = setUp(solver);
  purse.fill(1);
  line.begin(server, refusal({ reason: "prove", puzzle }));
  assert.equal(line.view?.why, "busy");
  assert.deepEqual(solver.tasks, []);
});

test("without a puzzle, without a solver, and for a puzzle that no gate may set, it waits", () => {
  const solver = new HandSolver();
  const { line } = setUp(solver);
  const unfair = { ...puzzle, effort: gateLimits.effortMax + 1 };
  for (const set of [undefined, unfair, { ...puzzle, effort: 0 }, { ...puzzle, validMs: 0 }]) {
    line.begin(server, refusal({ reason: "prove", puzzle: set }));
    assert.equal(line.view?.why, "busy");
  }
  assert.deepEqual(solver.tasks, []);
});

test("a seed that runs out ends the work, and the gate is asked again", async () => {
  const solver = new HandSolver();
  const { clock, line, back, failures } = setUp(solver);
  line.begin(server, refusal({ reason: "prove", retryAfterMs: 0, puzzle: { ...puzzle, validMs: 30_000 } }));
  clock.advance(30_000);
  assert.ok(solver.isAborted);
  await settled();
  assert.equal(back.length, 1);
  assert.deepEqual(failures, []);
});

test("a solver that fails is told of, and is tried again ever more rarely", async () => {
  const solver = new HandSolver();
  const { clock, line, failures, back } = setUp(solver);
  const delays: number[] = [];
  for (let round = 1; round <= 4; round++) {
    line.begin(server, refusal({ reason: "prove", retryAfterMs: 100, puzzle }));
    await solver.fails();
    assert.equal(failures.length, round);
    assert.equal(line.view?.why, "busy");
    delays.push((line.view?.retryAt ?? 0) - clock.now());
    clock.advance(delays.at(-1) ?? 0);
    assert.equal(back.length, round);
  }
  assert.deepEqual(delays, [600, 2_100, 8_100, 15_100]);
});

test("whoever leaves the line stops working, and is not called back", async () => {
  const solver = new HandSolver();
  const { clock, line, back, failures } = setUp(solver);
  line.begin(server, refusal({ reason: "prove", puzzle }));
  line.end();
  assert.ok(solver.isAborted);
  await settled();
  clock.advance(3_600_000);
  assert.deepEqual(back, []);
  assert.deepEqual(failures, []);
  assert.equal(line.view, undefined);
});
