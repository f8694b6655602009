/** The rows in maps: what the simulator's disk is made of. */
import type {
  AccountTables,
  BlobTables,
  EntryTables,
  GrantTables,
  InviteTables,
  KeyPackageTables,
  LogTables,
  SpentTables,
  Tables,
  TokenKeyTables,
} from "../engine/tables.ts";
import { MemoryBlobTables } from "./memory-blob-tables.ts";
import { MemoryAccountTables, MemoryInviteTables, MemoryKeyPackageTables } from "./memory-directory-tables.ts";
import { MemoryEntryTables, type MemoryLog, MemoryLogTables } from "./memory-log-tables.ts";
import { MemoryGrantTables, MemorySpentTables, MemoryTokenKeyTables } from "./memory-token-tables.ts";

/** All that a server knows, in memory. Survives the store that works on it, as a disk does. */
export class MemoryDisk implements Tables {
  readonly #logs: MemoryLog[] = [];
  readonly logs: LogTables = new MemoryLogTables(this.#logs);
  readonly entries: EntryTables = new MemoryEntryTables(this.#logs);
  readonly accounts: AccountTables = new MemoryAccountTables();
  readonly invites: InviteTables = new MemoryInviteTables();
  readonly keyPackages: KeyPackageTables = new MemoryKeyPackageTables();
  readonly blobs: BlobTables = new MemoryBlobTables();
  readonly tokenKeys: TokenKeyTables = new MemoryTokenKeyTables();
  readonly grants: GrantTables = new MemoryGrantTables();
  readonly spent: SpentTables = new MemorySpentTables();
}
