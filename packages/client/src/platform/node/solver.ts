/** The client's {@link Solver} on a thread of Node's. To load the thread's code takes longer than most puzzles, so it is kept for the next one. */
import { Worker } from "node:worker_threads";
import { workBound, workPrefix } from "@rempart/protocol";
import type { Solver } from "../../ports.ts";
import type { SearchMessage, SearchTask } from "../work-search.ts";

/** How long a thread without a puzzle is kept. */
const keptMs = 60_000;

interface Idle {
  readonly worker: Worker;
  readonly end: NodeJS.Timeout;
  readonly forget: () => void;
}

/** One at most; whoever solves several at once has the others started anew. */
let idle: Idle | undefined;

export const threadSolver: Solver = {
  async solve(task, { progress, signal }) {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const worker = takeWorker();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const hear = (message: SearchMessage) => {
      if (message.kind === "solved") resolve(message.solution);
      else progress(message.made);
    };
    const ended = () => reject(new Error("the solver's thread ended without a solution"));
    worker.on("message", hear).on("error", reject).on("exit", ended);
    worker.postMessage({ prefix: workPrefix(task), bound: workBound(task.effort) } satisfies SearchTask);
    let isSolved = false;
    try {
      const solution = await promise;
      isSolved = true;
      return solution;
    } finally {
      signal.removeEventListener("abort", abort);
      worker.off("message", hear).off("error", reject).off("exit", ended);
      // While it searches it hears nothing: to stop it is to end it.
      if (isSolved) keep(worker);
      else await worker.terminate();
    }
  },
};

function takeWorker(): Worker {
  if (idle === undefined) return new Worker(new URL("./solver-worker.ts", import.meta.url));
  const { worker, end, forget } = idle;
  idle = undefined;
  clearTimeout(end);
  worker.off("error", forget).off("exit", forget);
  worker.ref();
  return worker;
}

/** Keeps it, if there is none. It keeps no process alive. */
function keep(worker: Worker): void {
  if (idle !== undefined) {
    void worker.terminate();
    return;
  }
  const forget = () => {
    if (idle?.worker === worker) idle = undefined;
  };
  // Whatever befalls it now befalls no puzzle.
  worker.on("error", forget).on("exit", forget);
  worker.unref();
  const end = setTimeout(() => {
    forget();
    void worker.terminate();
  }, keptMs);
  end.unref();
  idle = { worker, end, forget };
}
