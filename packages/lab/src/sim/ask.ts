/** Asking a client something while time stands still except for the answer. */
import type { Stage } from "./stage.ts";
import { describeError } from "./violation.ts";

const answerLimitMs = 60_000;

/** Lets time pass until the answer is there; `undefined`, and a violation, when it failed or took too long. */
export async function ask<T>(stage: Stage, what: string, question: Promise<T>): Promise<T | undefined> {
  let answer: T | undefined;
  let isDone = false;
  question.then(
    (value) => {
      answer = value;
      isDone = true;
    },
    (error: unknown) => {
      stage.violations.report("I7", `${what} failed: ${describeError(error)}`, error);
      isDone = true;
    },
  );
  const inTime = await stage.schedule.runUntil(() => isDone, answerLimitMs);
  if (!inTime) stage.violations.report("I7", `${what} was not answered within ${answerLimitMs} ms`);
  return answer;
}
