/**
 * The client's database: one schema for every platform. Ids are lower-case hexadecimal, times milliseconds
 * since the Unix epoch. A released step never changes; what has to change gets a step of its own.
 */
const first = `
-- One value each: keys of the account and the device, name, preferences, progress of the setup. JSON.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Every log that this device reads: the contact log and those of groups.
-- state: active · leaving (has asked to go) · left (by choice or removed) · lost (out of step, to be rejoined)
CREATE TABLE logs (
  log TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  is_created INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  chain BLOB NOT NULL,
  read_key BLOB NOT NULL,
  write_key BLOB NOT NULL,
  epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Chain hashes of recent entries, to compare with what authors had seen.
CREATE TABLE chain (log TEXT NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (log, seq)) STRICT, WITHOUT ROWID;

-- MLS state: a snapshot per epoch and what changed since.
CREATE TABLE snapshots (log TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE deltas (log TEXT NOT NULL, key TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (log, key)) STRICT, WITHOUT ROWID;

-- Key packages whose private half this device holds.
CREATE TABLE key_packages (
  reference TEXT PRIMARY KEY,
  suite TEXT NOT NULL,
  public BLOB NOT NULL,
  private BLOB NOT NULL,
  is_last_resort INTEGER NOT NULL,
  is_published INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- What a commit is to achieve; redone after every lost race until it is so. JSON.
CREATE TABLE intentions (id INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, payload TEXT NOT NULL) STRICT;
CREATE INDEX intentions_log ON intentions (log, id);

-- The one commit per log that may have been sent and has not been seen in the log yet.
CREATE TABLE commits (
  log TEXT PRIMARY KEY,
  entry_id BLOB NOT NULL,
  entry BLOB NOT NULL,
  upload TEXT,
  epoch INTEGER NOT NULL,
  read_auth BLOB NOT NULL,
  write_auth BLOB NOT NULL,
  write_key BLOB NOT NULL,
  snapshot BLOB NOT NULL,
  welcome BLOB,
  detail TEXT NOT NULL
) STRICT;

-- Application messages and proposals on their way, in order. entry is NULL until sealed under epoch.
-- message: the id of the content itself. part_of: the message whose sending is not over before this is sent.
-- seq is set by the acknowledgement; the row goes when the entry has been seen in the log.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  log TEXT NOT NULL,
  entry_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  content BLOB,
  message TEXT,
  part_of TEXT,
  waits_for TEXT,
  epoch INTEGER,
  write_key BLOB,
  entry BLOB,
  upload TEXT,
  seq INTEGER,
  error TEXT
) STRICT;
CREATE INDEX outbox_log ON outbox (log, id);
CREATE INDEX outbox_part_of ON outbox (part_of);
CREATE UNIQUE INDEX outbox_entry ON outbox (entry_id);

-- Entries for other accounts' contact logs, until they are durable there.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  log TEXT NOT NULL,
  write_key BLOB NOT NULL,
  entry_id BLOB NOT NULL,
  bytes BLOB NOT NULL,
  upload TEXT,
  chat TEXT
) STRICT;

-- Encrypted blobs on their way to the server. The row goes when all of it is durable there.
CREATE TABLE uploads (
  blob TEXT PRIMARY KEY,
  read_auth BLOB NOT NULL,
  write_key BLOB NOT NULL,
  size INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  message TEXT
) STRICT;
CREATE TABLE upload_chunks (blob TEXT NOT NULL, idx INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (blob, idx)) STRICT;

-- Everyone known by name. card: how to reach them, for contacts; contact_at is NULL for the others.
CREATE TABLE people (
  account TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  card TEXT,
  seal_key BLOB,
  contact_at INTEGER
) STRICT;

-- other: the other account of a direct chat. shown_as: the chat that took this one's place, when two people
-- added each other at once. members: JSON of the last known members, for chats that were left.
CREATE TABLE chats (
  chat TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  other TEXT,
  shown_as TEXT,
  title TEXT NOT NULL,
  members TEXT NOT NULL,
  suite TEXT NOT NULL,
  joined_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  read_order REAL NOT NULL,
  draft TEXT NOT NULL,
  is_deleted INTEGER NOT NULL,
  announced_name TEXT
) STRICT;
CREATE INDEX chats_other ON chats (other);

CREATE TABLE messages (
  message TEXT PRIMARY KEY,
  chat TEXT NOT NULL,
  log TEXT NOT NULL,
  seq INTEGER NOT NULL,
  ord REAL NOT NULL,
  sender TEXT NOT NULL,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  error TEXT,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  reply_to TEXT,
  edited_at INTEGER,
  edited_seq INTEGER,
  is_deleted INTEGER NOT NULL,
  is_own INTEGER NOT NULL,
  detail TEXT
) STRICT;
CREATE INDEX messages_chat ON messages (chat, ord);
CREATE INDEX messages_log ON messages (log, seq);

-- What members said, as they said it: texts, files, edits, reactions, deletions. A row here means that its
-- effect has been applied, once; and it answers those who have missed it. seq is 0 until it is in the log.
CREATE TABLE contents (
  message TEXT PRIMARY KEY,
  log TEXT NOT NULL,
  seq INTEGER NOT NULL,
  sender TEXT NOT NULL,
  at INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE INDEX contents_log ON contents (log, seq);

-- One row per reaction of one account; message is the reaction's own id, which taking it back names.
CREATE TABLE reactions (
  chat TEXT NOT NULL,
  target TEXT NOT NULL,
  account TEXT NOT NULL,
  emoji TEXT NOT NULL,
  message TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (target, account, emoji)
) STRICT;
CREATE INDEX reactions_message ON reactions (message);

-- The latest edit or deletion of each message in the log, whether or not the message is here: a history answer may
-- still bring it, or an earlier edit.
CREATE TABLE orphans (
  target TEXT NOT NULL,
  sender TEXT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (target, sender)
) STRICT;

-- Receipts that this device owes.
CREATE TABLE owed_receipts (message TEXT PRIMARY KEY, log TEXT NOT NULL, state TEXT NOT NULL) STRICT;
CREATE INDEX owed_receipts_log ON owed_receipts (log);

CREATE TABLE file_chunks (message TEXT NOT NULL, idx INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (message, idx)) STRICT;

CREATE TABLE invites (
  id TEXT PRIMARY KEY,
  link TEXT NOT NULL,
  secret BLOB NOT NULL,
  revoke_key BLOB NOT NULL,
  uses INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  is_revoked INTEGER NOT NULL
) STRICT;

CREATE TABLE warnings (chat TEXT NOT NULL, code TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (chat, code)) STRICT;

-- Groups that this device has fallen out of and asks to be let back into. helper: who is asked beside members.
CREATE TABLE rejoins (
  log TEXT PRIMARY KEY,
  nonce BLOB NOT NULL,
  started_at INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  missing_from INTEGER NOT NULL,
  helper TEXT
) STRICT;
`;

const second = `
-- reach: the encoded card by which a fellow member of a group is asked for help, contact or not.
ALTER TABLE people ADD COLUMN reach BLOB;

-- Key packages that are published no more; their private halves wait for Welcomes that are on their way.
ALTER TABLE key_packages ADD COLUMN is_retired INTEGER NOT NULL DEFAULT 0;

-- Welcomes to groups that this device is still in, for when it reads that it had been removed before.
CREATE TABLE welcomes_back (
  log TEXT PRIMARY KEY,
  from_seq INTEGER NOT NULL,
  chain BLOB NOT NULL,
  helper TEXT NOT NULL
) STRICT;
`;

const third = `
-- Tokens of the gate: each is shown once, and gone from here before. server: the origin that takes it. day: the UTC
-- day of the key that made it, since the Unix epoch.
CREATE TABLE tokens (token BLOB PRIMARY KEY, server TEXT NOT NULL, day INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- The one batch that may have been sent to the issuer and has not been signed yet.
CREATE TABLE token_drafts (
  position INTEGER PRIMARY KEY,
  server TEXT NOT NULL,
  day INTEGER NOT NULL,
  modulus BLOB NOT NULL,
  nonce BLOB NOT NULL,
  blinded BLOB NOT NULL,
  inverse BLOB NOT NULL
) STRICT;

-- Keys of the issuer as they were first seen: another one for the same day is not believed.
CREATE TABLE token_keys (
  server TEXT NOT NULL,
  day INTEGER NOT NULL,
  modulus BLOB NOT NULL,
  PRIMARY KEY (server, day)
) STRICT, WITHOUT ROWID;
`;

const fourth = `
-- Tickets of the gate: each is shown once, and gone from here before. server: the origin that takes it.
CREATE TABLE tickets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  server TEXT NOT NULL,
  ticket BLOB NOT NULL UNIQUE,
  received_at INTEGER NOT NULL
) STRICT;
`;

const fifth = `
-- Parts of a log of which this device has not seen the entries: what was said there it has from other members, once
-- it is no longer open. tries: how often it was asked for.
CREATE TABLE gaps (
  request TEXT PRIMARY KEY,
  log TEXT NOT NULL,
  from_seq INTEGER NOT NULL,
  to_seq INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  is_open INTEGER NOT NULL
) STRICT;
CREATE INDEX gaps_log ON gaps (log);
DELETE FROM meta WHERE key = 'historyRequests';

-- Accounts that others say are in a group that this device is out of step with: asked for help beside its members.
CREATE TABLE helpers (log TEXT NOT NULL, account TEXT NOT NULL, PRIMARY KEY (log, account)) STRICT;
`;

const sixth = `
-- Welcomes of own commits that were on their way when this device lost its place in the log: they are due if the log
-- turns out to have the commit. read_key: of the epoch that the commit ends.
CREATE TABLE late_welcomes (
  entry_id BLOB PRIMARY KEY,
  log TEXT NOT NULL,
  read_key BLOB NOT NULL,
  detail TEXT NOT NULL
) STRICT;
`;

/** Step n takes a database from version n to n + 1. */
export const steps: readonly string[] = [first, second, third, fourth, fifth, sixth];
