import type { DatabaseSync } from "node:sqlite";
import type { AccountId, Auth, DeviceId, ServerRole } from "@rempart/protocol";
import type { AccountTables, InviteRow, InviteTables, KeyPackageTables } from "../../engine/tables.ts";
import type { Device, NewKeyPackage } from "../../store-operations.ts";
import { bytesAt, numberAt, type Row, Statement } from "./statements.ts";

export class SqliteAccountTables implements AccountTables {
  readonly #exists: Statement;
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #profile: Statement;
  readonly #putProfile: Statement;
  readonly #hasClaimAuth: Statement;
  readonly #clearClaimAuths: Statement;
  readonly #addClaimAuth: Statement;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => new Statement(database, sql);
    this.#exists = prepare("SELECT 1 FROM account LIMIT 1");
    this.#find = prepare("SELECT role FROM account WHERE account_id = ?");
    this.#insert = prepare("INSERT INTO account (account_id, role) VALUES (?, ?)");
    this.#profile = prepare("SELECT profile FROM account WHERE account_id = ? AND profile IS NOT NULL");
    this.#putProfile = prepare("UPDATE account SET profile = ? WHERE account_id = ?");
    this.#hasClaimAuth = prepare("SELECT 1 FROM claim_auth WHERE account_id = ? AND auth = ?");
    this.#clearClaimAuths = prepare("DELETE FROM claim_auth WHERE account_id = ?");
    this.#addClaimAuth = prepare("INSERT OR IGNORE INTO claim_auth (account_id, auth) VALUES (?, ?)");
  }

  exists(): boolean {
    return this.#exists.get() !== undefined;
  }

  find(accountId: AccountId): ServerRole | undefined {
    const row = this.#find.get(accountId);
    return row === undefined ? undefined : roleAt(row, 0);
  }

  insert(accountId: AccountId, role: ServerRole): void {
    this.#insert.run(accountId, role);
  }

  profile(accountId: AccountId): Uint8Array | undefined {
    const row = this.#profile.get(accountId);
    return row === undefined ? undefined : bytesAt(row, 0);
  }

  putProfile(accountId: AccountId, bytes: Uint8Array): void {
    this.#putProfile.run(bytes, accountId);
  }

  hasClaimAuth(accountId: AccountId, auth: Auth): boolean {
    return this.#hasClaimAuth.get(accountId, auth) !== undefined;
  }

  replaceClaimAuths(accountId: AccountId, auths: readonly Auth[]): void {
    this.#clearClaimAuths.run(accountId);
    for (const auth of auths) this.#addClaimAuth.run(accountId, auth);
  }
}

function roleAt(row: Row, column: number): ServerRole {
  return row[column] === "admin" ? "admin" : "member";
}

export class SqliteInviteTables implements InviteTables {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #setUsesLeft: Statement;
  readonly #revoke: Statement;
  readonly #byRevokeAuth: Statement;
  readonly #removeAll: Statement;
  readonly #removeExpired: Statement;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => new Statement(database, sql);
    this.#find = prepare("SELECT revoke_auth, uses_left, expires_at, role FROM invite WHERE invite_auth = ?");
    this.#insert = prepare(
      "INSERT INTO invite (invite_auth, revoke_auth, uses_left, expires_at, role) VALUES (?, ?, ?, ?, ?)",
    );
    this.#setUsesLeft = prepare("UPDATE invite SET uses_left = ? WHERE invite_auth = ?");
    this.#revoke = prepare("DELETE FROM invite WHERE revoke_auth = ?");
    this.#byRevokeAuth = prepare("SELECT 1 FROM invite WHERE revoke_auth = ?");
    this.#removeAll = prepare("DELETE FROM invite");
    this.#removeExpired = prepare(
      "DELETE FROM invite WHERE invite_auth IN (SELECT invite_auth FROM invite WHERE expires_at < ? LIMIT ?)",
    );
  }

  find(inviteAuth: Auth): InviteRow | undefined {
    const row = this.#find.get(inviteAuth);
    if (row === undefined) return undefined;
    return {
      inviteAuth,
      revokeAuth: row[0] === null ? undefined : bytesAt(row, 0),
      usesLeft: numberAt(row, 1),
      expiresAt: numberAt(row, 2),
      role: roleAt(row, 3),
    };
  }

  insert(invite: InviteRow): void {
    this.#insert.run(invite.inviteAuth, invite.revokeAuth ?? null, invite.usesLeft, invite.expiresAt, invite.role);
  }

  setUsesLeft(inviteAuth: Auth, usesLeft: number): void {
    this.#setUsesLeft.run(usesLeft, inviteAuth);
  }

  revoke(revokeAuth: Auth): boolean {
    return this.#revoke.run(revokeAuth) > 0;
  }

  isRevokeAuthTaken(revokeAuth: Auth): boolean {
    return this.#byRevokeAuth.get(revokeAuth) !== undefined;
  }

  removeAll(): void {
    this.#removeAll.run();
  }

  removeExpired({ before, rowsMax }: { before: number; rowsMax: number }): number {
    return this.#removeExpired.run(before, rowsMax);
  }
}

export class SqliteKeyPackageTables implements KeyPackageTables {
  readonly #devices: Statement;
  readonly #suites: Statement;
  readonly #count: Statement;
  readonly #isKnown: Statement;
  readonly #insert: Statement;
  readonly #putLastResort: Statement;
  readonly #lastResort: Statement;
  readonly #next: Statement;
  readonly #spend: Statement;
  readonly #trim: Statement;
  readonly #removeSingle: Statement;
  readonly #removeLastResort: Statement;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => new Statement(database, sql);
    const device = "account_id = ? AND device_id = ? AND suite = ?";
    this.#devices = prepare(
      `SELECT device_id FROM key_package WHERE account_id = ?1
       UNION SELECT device_id FROM last_resort WHERE account_id = ?1`,
    );
    this.#suites = prepare(
      `SELECT suite FROM key_package WHERE account_id = ?1 AND device_id = ?2
       UNION SELECT suite FROM last_resort WHERE account_id = ?1 AND device_id = ?2`,
    );
    this.#count = prepare(`SELECT count(*) FROM key_package WHERE ${device} AND bytes IS NOT NULL`);
    this.#isKnown = prepare(`SELECT 1 FROM key_package WHERE ${device} AND digest = ?`);
    this.#insert = prepare(
      "INSERT INTO key_package (account_id, device_id, suite, digest, bytes) VALUES (?, ?, ?, ?, ?)",
    );
    this.#putLastResort = prepare(
      "INSERT OR REPLACE INTO last_resort (account_id, device_id, suite, bytes) VALUES (?, ?, ?, ?)",
    );
    this.#lastResort = prepare(`SELECT bytes FROM last_resort WHERE ${device}`);
    this.#next = prepare(
      `SELECT digest, bytes FROM key_package WHERE ${device} AND bytes IS NOT NULL ORDER BY digest LIMIT 1`,
    );
    this.#spend = prepare(`UPDATE key_package SET bytes = NULL WHERE ${device} AND digest = ?`);
    this.#trim = prepare(
      `DELETE FROM key_package WHERE ${device} AND bytes IS NULL AND digest IN
         (SELECT digest FROM key_package WHERE ${device} AND bytes IS NULL AND digest <> ? ORDER BY digest LIMIT -1 OFFSET ?)`,
    );
    this.#removeSingle = prepare("DELETE FROM key_package WHERE account_id = ? AND device_id = ?");
    this.#removeLastResort = prepare("DELETE FROM last_resort WHERE account_id = ? AND device_id = ?");
  }

  devices(accountId: AccountId): readonly DeviceId[] {
    return this.#devices.all(accountId).map((row) => bytesAt<DeviceId>(row, 0));
  }

  suites(accountId: AccountId, deviceId: DeviceId): readonly number[] {
    return this.#suites.all(accountId, deviceId).map((row) => numberAt(row, 0));
  }

  count(device: Device): number {
    const row = this.#count.get(...columnsOf(device));
    return row === undefined ? 0 : numberAt(row, 0);
  }

  isKnown(device: Device, digest: Uint8Array): boolean {
    return this.#isKnown.get(...columnsOf(device), digest) !== undefined;
  }

  insert(device: Device, { digest, bytes }: NewKeyPackage): void {
    this.#insert.run(...columnsOf(device), digest, bytes);
  }

  putLastResort(device: Device, bytes: Uint8Array): void {
    this.#putLastResort.run(...columnsOf(device), bytes);
  }

  lastResort(device: Device): Uint8Array | undefined {
    const row = this.#lastResort.get(...columnsOf(device));
    return row === undefined ? undefined : bytesAt(row, 0);
  }

  take(device: Device, spentMax: number): Uint8Array | undefined {
    const row = this.#next.get(...columnsOf(device));
    if (row === undefined) return undefined;
    const digest = bytesAt(row, 0);
    this.#spend.run(...columnsOf(device), digest);
    this.#trim.run(...columnsOf(device), ...columnsOf(device), digest, spentMax - 1);
    return bytesAt(row, 1);
  }

  removeDevice(accountId: AccountId, deviceId: DeviceId): void {
    this.#removeSingle.run(accountId, deviceId);
    this.#removeLastResort.run(accountId, deviceId);
  }
}

function columnsOf(device: Device): [Uint8Array, Uint8Array, number] {
  return [device.accountId, device.deviceId, device.suite];
}
