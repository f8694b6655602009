/** MLS state at rest, as the session package writes it. */
import type { GroupWrite } from "@rempart/session";
import type { Store } from "../ports.ts";
import { rowOf, rowsOf } from "./row.ts";

export interface StoredGroup {
  readonly snapshot: Uint8Array;
  readonly deltas: readonly { readonly key: string; readonly bytes: Uint8Array }[];
}

export class GroupTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(log: string): StoredGroup | undefined {
    const row = rowOf(this.#store.all("SELECT bytes FROM snapshots WHERE log = ?", log)[0]);
    if (row === undefined) return undefined;
    const deltas = rowsOf(this.#store.all("SELECT key, bytes FROM deltas WHERE log = ?", log));
    return {
      snapshot: row.bytes("bytes"),
      deltas: deltas.map((delta) => ({ key: delta.text("key"), bytes: delta.bytes("bytes") })),
    };
  }

  write(log: string, writes: readonly GroupWrite[]): void {
    for (const write of writes) {
      if (write.kind === "snapshot") {
        this.#store.run("INSERT OR REPLACE INTO snapshots (log, bytes) VALUES (?, ?)", log, write.bytes);
        this.#store.run("DELETE FROM deltas WHERE log = ?", log);
      } else {
        this.#store.run(
          "INSERT OR REPLACE INTO deltas (log, key, bytes) VALUES (?, ?, ?)",
          log,
          write.key,
          write.bytes,
        );
      }
    }
  }

  remove(log: string): void {
    this.#store.run("DELETE FROM snapshots WHERE log = ?", log);
    this.#store.run("DELETE FROM deltas WHERE log = ?", log);
  }
}
