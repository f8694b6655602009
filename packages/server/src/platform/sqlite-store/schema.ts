/**
 * The database's shape. Account tables and log tables share no key, and account tables have no row
 * numbers: at rest neither a value nor an order of arrival joins the two. The same holds for what was spent at the gate.
 */
import type { DatabaseSync } from "node:sqlite";

/** Forward only: a step, once released, never changes; a new one is added behind it. */
const migrations: readonly string[] = [
  `
  CREATE TABLE log (
    key INTEGER PRIMARY KEY,
    log_id BLOB NOT NULL UNIQUE,
    read_auth BLOB NOT NULL,
    write_auth BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    retention_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE log_epoch (
    log INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    read_auth BLOB NOT NULL,
    write_auth BLOB NOT NULL,
    end_seq INTEGER NOT NULL,
    PRIMARY KEY (log, epoch)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX log_epoch_by_read_auth ON log_epoch (log, read_auth);
  CREATE INDEX log_epoch_by_write_auth ON log_epoch (log, write_auth);
  CREATE TABLE entry (
    key INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    entry_id BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (log, seq),
    UNIQUE (log, entry_id)
  ) STRICT;

  CREATE TABLE account (
    account_id BLOB NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    profile BLOB
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE claim_auth (
    account_id BLOB NOT NULL,
    auth BLOB NOT NULL,
    PRIMARY KEY (account_id, auth)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE key_package (
    account_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    suite INTEGER NOT NULL,
    digest BLOB NOT NULL,
    bytes BLOB,
    PRIMARY KEY (account_id, device_id, suite, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE last_resort (
    account_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    suite INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (account_id, device_id, suite)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE invite (
    invite_auth BLOB NOT NULL PRIMARY KEY,
    revoke_auth BLOB UNIQUE,
    uses_left INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    role TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invite_by_expiry ON invite (expires_at);

  CREATE TABLE blob (
    key INTEGER PRIMARY KEY,
    blob_id BLOB NOT NULL UNIQUE,
    read_auth BLOB NOT NULL,
    write_auth BLOB NOT NULL,
    size INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX blob_by_expiry ON blob (expires_at);
  CREATE TABLE blob_chunk (
    key INTEGER PRIMARY KEY,
    blob INTEGER NOT NULL,
    start INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (blob, start)
  ) STRICT;
  `,
  // What was issued names a device, and what was spent names nobody: no value stands in both.
  `
  CREATE TABLE token_key (
    day INTEGER PRIMARY KEY,
    modulus BLOB NOT NULL,
    private_key BLOB
  ) STRICT;
  CREATE TABLE token_grant (
    account_id BLOB NOT NULL,
    device_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    batch BLOB NOT NULL,
    PRIMARY KEY (account_id, day, device_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX token_grant_by_day ON token_grant (day);
  CREATE TABLE spent (
    id BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX spent_by_expiry ON spent (expires_at);
  `,
];

/**
 * Brings a database to this program's schema, in one transaction: of two processes that start together one
 * waits for the other. Throws when a newer program has written it.
 */
export function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version > migrations.length) throw new Error("the database was written by a newer version of this program");
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/**
 * Durable at every commit (WAL with FULL fsyncs). Checkpoints are rare because each stalls the commits
 * behind it; what is deleted is overwritten, so that expiry means gone.
 */
export function configure(database: DatabaseSync, options: { pagesMax?: number }): void {
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA wal_autocheckpoint = 4000");
  database.exec("PRAGMA cache_size = -65536");
  database.exec("PRAGMA temp_store = MEMORY");
  database.exec("PRAGMA secure_delete = ON");
  if (options.pagesMax !== undefined) database.exec(`PRAGMA max_page_count = ${Math.floor(options.pagesMax)}`);
}
