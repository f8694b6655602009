/** Single values, by name. */
import type { Store } from "../ports.ts";
import { decodeJson, encodeJson } from "../remote/json.ts";
import { rowOf } from "./row.ts";

/** How far the making of an account has come; `done` on a device that only needs to authenticate. */
export type SetupStep = "register" | "found" | "publish" | "meet" | "done";

export interface MetaValues {
  /** `encodeAccountKeys`. */
  accountKeys: Uint8Array;
  /** `deviceKeysCodec`. */
  deviceKeys: Uint8Array;
  /** Origin of the server. */
  server: string;
  name: string;
  role: "member" | "admin";
  setup: SetupStep;
  /** The invitation that registers the account; forgotten once it has. */
  inviteSecret: Uint8Array;
  /** Link of the contact to meet once the account stands. */
  meetLink: string;
  selfGroup: string;
  recoveryConfirmed: boolean;
  /** The key packages on the server are to be replaced: this device may not have their private halves. */
  areKeysStale: true;
  /** The last batch of tokens that was granted: where, and on which of the server's days. */
  tokensIssuedOn: { readonly server: string; readonly day: number };
  preferences: { language: "auto" | "en" | "fr"; theme: "auto" | "light" | "dark"; sendReadReceipts: boolean };
}

export class MetaTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get<K extends keyof MetaValues>(key: K): MetaValues[K] | undefined {
    const row = rowOf(this.#store.all("SELECT value FROM meta WHERE key = ?", key)[0]);
    return row && (decodeJson(row.text("value")) as MetaValues[K]);
  }

  set<K extends keyof MetaValues>(key: K, value: MetaValues[K]): void {
    this.#store.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, encodeJson(value));
  }

  remove(...keys: readonly (keyof MetaValues)[]): void {
    for (const key of keys) this.#store.run("DELETE FROM meta WHERE key = ?", key);
  }
}
