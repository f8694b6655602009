/** The solver's worker. */
import { type SearchMessage, type SearchTask, search } from "../work-search.ts";

interface WorkerScope {
  onmessage: ((event: MessageEvent<SearchTask>) => void) | null;
  postMessage(message: SearchMessage): void;
  reportError(error: unknown): void;
}

const scope = self as unknown as WorkerScope;

scope.onmessage = ({ data }) => {
  search(data, { elapsed: () => performance.now(), tell: (message) => scope.postMessage(message) }).catch((error) =>
    // Reaches the other side as the worker's `error`.
    scope.reportError(error),
  );
};
