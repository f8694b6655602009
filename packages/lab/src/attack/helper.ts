import { type ChildProcess, fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { within } from "../deadline.ts";
import { LabError } from "../lab-error.ts";

const answerMsMax = 90_000;

/** Helpers still running, so that none outlives the lab however it ends. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

type Said = { readonly said: "answer"; readonly id: number; readonly value: unknown } | Failed | Told;
type Failed = { readonly said: "failed"; readonly id: number; readonly reason: string };
type Told = { readonly said: "told"; readonly value: unknown };
type Heard = { readonly settings: unknown } | { readonly id: number; readonly name: string; readonly body: never[] };

/**
 * A process of the generator and the questions that it answers, one name each. Processes rather than threads: a thread
 * with thousands of connections that are being reset cannot be ended (Node 26 waits for its handles for ever).
 */
export class Helper<Questions extends object, News = never> {
  /** Called for what the helper tells unasked. */
  onNews: (news: News) => void = () => undefined;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  constructor(file: URL, settings: unknown) {
    this.#child = fork(fileURLToPath(file), {
      serialization: "advanced",
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    running.add(this.#child);
    this.#child.on("message", (said) => this.#hear(said as Said));
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", () => {
        running.delete(this.#child);
        const error = new LabError("ERR_CHILD", "a process of the generator has ended");
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
        resolve();
      });
    });
    this.#child.send({ settings });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Asks, and waits for the answer. Throws what the helper threw, as `ERR_CHILD`, or `ERR_TIMEOUT`. */
  ask<N extends keyof Questions & string>(
    name: N,
    ...body: ArgumentsOf<Questions[N]>
  ): Promise<AnswerOf<Questions[N]>> {
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, name, body }, (error) => {
        if (error !== null) reject(new LabError("ERR_CHILD", `the generator cannot be asked: ${error.message}`));
      });
    });
    return within(answerMsMax, `the generator's "${name}"`, answer) as Promise<AnswerOf<Questions[N]>>;
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #hear(said: Said): void {
    if (said.said === "told") {
      this.onNews(said.value as News);
      return;
    }
    const waiting = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    if (said.said === "answer") waiting?.resolve(said.value);
    else waiting?.reject(new LabError("ERR_CHILD", said.reason));
  }
}

type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type AnswerOf<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** In a helper: how the questions are answered. */
export type Answers = Record<string, (...body: never[]) => unknown>;

/** In a helper: waits for its settings, then answers the questions by the functions made of them, one at a time and in order. */
export function answerQuestions<S>(answersFor: (settings: S) => Answers): void {
  let answers: Answers = {};
  let last: Promise<unknown> = Promise.resolve();
  process.on("disconnect", () => process.exit(1));
  process.on("message", (heard) => {
    const message = heard as Heard;
    if ("settings" in message) {
      answers = answersFor(message.settings as S);
      return;
    }
    const { id, name, body } = message;
    last = last.then(async () => {
      try {
        process.send?.({ said: "answer", id, value: await answers[name]?.(...body) });
      } catch (error) {
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        process.send?.({ said: "failed", id, reason: `${name}: ${reason}` });
      }
    });
  });
}

/** In a helper: tells the lab something. */
export function tell(value: unknown): void {
  process.send?.({ said: "told", value });
}

/**
 * In a helper: lets all others of the generator go first. The attackers and the honest clients share a core, and a late
 * honest client must be the server's doing, not the attackers'.
 */
export function yieldToOthers(): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}
