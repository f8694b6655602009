/**
 * Programs that are broken on purpose, in ways that the simulator must notice. A simulator that stays silent
 * over one of these proves nothing by staying silent over the real ones.
 */
import type { SqlValue, Store } from "@rempart/client";
import type { AnswerOf, StoreOperationName } from "@rempart/server";

export const canaryNames = ["server-swaps-entries", "client-forgets-duplicates", "engine-reads-clock"] as const;
export type CanaryName = (typeof canaryNames)[number];

export function isCanaryName(name: string): name is CanaryName {
  return (canaryNames as readonly string[]).includes(name);
}

/** Two entries that the store read together change places, and seqs so that it does not show. */
export function swapEntries<N extends StoreOperationName>(name: N, answer: AnswerOf<N>): AnswerOf<N> {
  if (name !== "logsRead") return answer;
  const { slices } = answer as AnswerOf<"logsRead">;
  const spoiled = slices.map((slice) => {
    const [first, second, ...rest] = slice.entries;
    if (first === undefined || second === undefined) return slice;
    return { ...slice, entries: [{ ...second, seq: first.seq }, { ...first, seq: second.seq }, ...rest] };
  });
  return { slices: spoiled } as AnswerOf<N>;
}

/**
 * A client that forgets to deduplicate: it forgets once per message that it was sent and sends it anew, and it
 * takes every content that arrives for a new one.
 */
export function forgetfulStore(store: Store): Store {
  const forgotten = new Set<SqlValue | undefined>();
  return {
    run(sql, ...values) {
      if (sql === "DELETE FROM outbox WHERE id = ?" && !forgotten.has(values[0])) {
        forgotten.add(values[0]);
        return store.run(unsend, ...values);
      }
      const changed = store.run(sql, ...values);
      return rememberContent.test(sql) ? 1 : changed;
    },
    all: (sql, ...values) => store.all(sql, ...values),
    transaction: (work) => store.transaction(work),
    close: () => store.close(),
  };
}

const rememberContent = /INSERT OR IGNORE INTO contents\b/;
const unsend = `UPDATE outbox SET entry = NULL, epoch = NULL, seq = NULL,
  entry_id = CAST(substr(entry_id, 2) || substr(entry_id, 1, 1) AS BLOB) WHERE id = ?`;
