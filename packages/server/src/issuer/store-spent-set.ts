/** The gate's spent set in the server's store: durable, and shared by every process on it. */
import type { SpentSet } from "@rempart/gate";
import type { Store } from "../ports.ts";

export class StoreSpentSet implements SpentSet {
  readonly #store: Pick<Store, "submit">;

  constructor(store: Pick<Store, "submit">) {
    this.#store = store;
  }

  async spend(id: Uint8Array, expiresAt: number): Promise<boolean> {
    return (await this.#store.submit("spend", { id, expiresAt })).isFresh;
  }
}
