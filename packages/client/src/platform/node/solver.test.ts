import assert from "node:assert/strict";
import { test } from "node:test";
import { isSolved } from "@rempart/protocol";
import type { SolverProgress } from "../../ports.ts";
import { threadSolver } from "./solver.ts";

const task = { seed: new Uint8Array(16).fill(1), nonce: new Uint8Array(16).fill(2), host: "example.org" };
const easy = { ...task, effort: 2 };
const hopeless = { ...task, effort: 366 * 100 };

test("what the thread finds is a solution, for this server only", async () => {
  const solution = await threadSolver.solve(easy, { progress: () => undefined, signal: new AbortController().signal });
  assert.equal(solution.length, 8);
  assert.ok(isSolved({ ...easy, solution }, "example.org"));
  assert.ok(!isSolved({ ...easy, solution }, "example.net"));
});

test("it tells how far it is, and ends when it is told to", async () => {
  const ending = new AbortController();
  const made: SolverProgress[] = [];
  const progress = (step: SolverProgress) => {
    made.push(step);
    if (made.length === 2) ending.abort(new Error("enough"));
  };
  await assert.rejects(threadSolver.solve(hopeless, { progress, signal: ending.signal }), /enough/);
  const [first, second] = made;
  assert.ok(first && second && second.hashes > first.hashes && second.elapsedMs > first.elapsedMs);
  await assert.rejects(threadSolver.solve(hopeless, { progress, signal: ending.signal }), /enough/);
  assert.equal(made.length, 2);
});

test("one after the other and several at once are solved", async () => {
  const quietly = { progress: () => undefined, signal: new AbortController().signal };
  const tasks = [1, 2, 3].map((fill) => ({ ...easy, nonce: new Uint8Array(16).fill(fill) }));
  const areSolved = (solutions: Uint8Array[]) =>
    tasks.every((each, at) => isSolved({ ...each, solution: solutions[at] as Uint8Array }, "example.org"));
  assert.ok(areSolved(await Promise.all(tasks.map((each) => threadSolver.solve(each, quietly)))));
  const solutions = [];
  for (const each of tasks) solutions.push(await threadSolver.solve(each, quietly));
  assert.ok(areSolved(solutions));
});
