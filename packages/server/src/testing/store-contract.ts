/** What every store must do, as a suite: run it over each implementation, and over the simulator's double. */
import { describe, it } from "node:test";
import type { Store } from "../ports.ts";
import { blobCases } from "./store-contract/blob-cases.ts";
import { directoryCases } from "./store-contract/directory-cases.ts";
import { expiryCases, logCases, readCases } from "./store-contract/log-cases.ts";
import { tokenCases } from "./store-contract/token-cases.ts";

export interface StoreContractOptions {
  /** Names the implementation in the tests' titles. */
  readonly name: string;
  /** A new, empty store. */
  open(): Promise<Store>;
  /** Removes what `open` made; the suite has closed the store. */
  dispose?(): Promise<void>;
}

/** Registers the suite with `node:test`. */
export function runStoreContract(options: StoreContractOptions): void {
  const withStore = (body: (store: Store) => Promise<void>) => async () => {
    const store = await options.open();
    try {
      await body(store);
    } finally {
      await store.close();
      await options.dispose?.();
    }
  };
  const groups = {
    logs: logCases,
    reading: readCases,
    expiry: expiryCases,
    directory: directoryCases,
    blobs: blobCases,
    tokens: tokenCases,
  };
  for (const [group, cases] of Object.entries(groups)) {
    describe(`${options.name}: ${group}`, () => {
      for (const [title, body] of Object.entries(cases)) it(title, withStore(body));
    });
  }
}
