/** Groups in memory, as they are in the database. Set only after what they came from is durable. */
import { type CryptoProvider, decodeGroup, type Group } from "@rempart/session";
import type { GroupTable } from "../store/groups.ts";

export class GroupCache {
  readonly #crypto: CryptoProvider;
  readonly #table: GroupTable;
  readonly #groups = new Map<string, Group>();

  constructor(crypto: CryptoProvider, table: GroupTable) {
    this.#crypto = crypto;
    this.#table = table;
  }

  /** `undefined` when this device has no state of the group. Call it in the log's lane. */
  async get(log: string): Promise<Group | undefined> {
    const cached = this.#groups.get(log);
    if (cached !== undefined) return cached;
    const stored = this.#table.get(log);
    if (stored === undefined) return undefined;
    const group = await decodeGroup(this.#crypto, stored);
    this.#groups.set(log, group);
    return group;
  }

  /** The group as memory has it. Outside of the log's lane it may be about to change. */
  peek(log: string): Group | undefined {
    return this.#groups.get(log);
  }

  set(log: string, group: Group): void {
    this.#groups.set(log, group);
  }

  drop(log: string): void {
    this.#groups.delete(log);
  }
}
