/** Brings a database to the current schema, one step per transaction. */
import type { Store } from "../ports.ts";
import { StoreError } from "../ports.ts";
import { rowOf } from "./row.ts";
import { steps } from "./schema.ts";

/** Throws `ERR_LOCAL_STORAGE` when a newer program has written the database: an older one must not touch it. */
export function migrate(store: Store): void {
  const version = versionOf(store);
  if (version > steps.length) {
    throw new StoreError("ERR_LOCAL_STORAGE", "the local database was written by a newer version of the program");
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    store.transaction(() => {
      for (const statement of statementsOf(step)) store.run(statement);
      store.run(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

function versionOf(store: Store): number {
  const row = rowOf(store.all("PRAGMA user_version")[0]);
  return row?.number("user_version") ?? 0;
}

/** A port runs one statement at a time. Our schema has no semicolon but at the end of statements. */
function statementsOf(step: string): readonly string[] {
  const code = step.replace(/^--.*$/gm, "");
  return code
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}
