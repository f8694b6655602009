/** Welcomes of own commits of which this device does not know whether the log accepted them. */
import { asId, type Capability, type EntryId } from "@rempart/protocol";
import type { CompactCard, Payload } from "@rempart/session";
import type { Store } from "../ports.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { rowsOf } from "./row.ts";

export interface LateWelcome {
  readonly log: string;
  /** Of the commit. */
  readonly entryId: EntryId;
  /** Reaches the log up to whatever commit ended the epoch that this one was made for. */
  readonly readKey: Capability;
  readonly detail: LateWelcomeDetail;
}

export interface LateWelcomeDetail {
  readonly welcome: Payload;
  /** Accounts that it goes to. */
  readonly welcomed: readonly string[];
  /** How some of them are reached: this device may have forgotten it. */
  readonly helpers: readonly CompactCard[];
}

export class LateWelcomeTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  add({ log, entryId, readKey, detail }: LateWelcome): void {
    const sql = "INSERT OR IGNORE INTO late_welcomes (entry_id, log, read_key, detail) VALUES (?, ?, ?, ?)";
    this.#store.run(sql, entryId, log, readKey, encodeJson(detail));
  }

  all(): readonly LateWelcome[] {
    return rowsOf(this.#store.all("SELECT * FROM late_welcomes ORDER BY entry_id")).map((row) => ({
      log: row.text("log"),
      entryId: asId("EntryId", row.bytes("entry_id")),
      readKey: asId("Capability", row.bytes("read_key")),
      detail: decodeJson(row.text("detail")) as LateWelcomeDetail,
    }));
  }

  remove(entryId: EntryId): void {
    this.#store.run("DELETE FROM late_welcomes WHERE entry_id = ?", entryId);
  }
}
