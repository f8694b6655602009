import {
  type AccountId,
  type Auth,
  asId,
  type DeviceId,
  fromHex,
  type ServerRole,
  sameBytes,
  toHex,
} from "@rempart/protocol";
import type { AccountTables, InviteRow, InviteTables, KeyPackageTables } from "../engine/tables.ts";
import type { Device, NewKeyPackage } from "../store-operations.ts";
import { copy, existing } from "./memory-rows.ts";

export class MemoryAccountTables implements AccountTables {
  readonly #accounts = new Map<string, { role: ServerRole; profile?: Uint8Array; claimAuths: Set<string> }>();

  exists(): boolean {
    return this.#accounts.size > 0;
  }

  find(accountId: AccountId): ServerRole | undefined {
    return this.#accounts.get(toHex(accountId))?.role;
  }

  insert(accountId: AccountId, role: ServerRole): void {
    this.#accounts.set(toHex(accountId), { role, claimAuths: new Set() });
  }

  profile(accountId: AccountId): Uint8Array | undefined {
    return this.#accounts.get(toHex(accountId))?.profile;
  }

  putProfile(accountId: AccountId, bytes: Uint8Array): void {
    existing(this.#accounts.get(toHex(accountId))).profile = copy(bytes);
  }

  hasClaimAuth(accountId: AccountId, auth: Auth): boolean {
    return this.#accounts.get(toHex(accountId))?.claimAuths.has(toHex(auth)) ?? false;
  }

  replaceClaimAuths(accountId: AccountId, auths: readonly Auth[]): void {
    existing(this.#accounts.get(toHex(accountId))).claimAuths = new Set(auths.map(toHex));
  }
}

export class MemoryInviteTables implements InviteTables {
  readonly #invites = new Map<string, InviteRow>();

  find(inviteAuth: Auth): InviteRow | undefined {
    return this.#invites.get(toHex(inviteAuth));
  }

  insert(invite: InviteRow): void {
    const { inviteAuth, revokeAuth } = invite;
    const auths = { inviteAuth: copy(inviteAuth), revokeAuth: revokeAuth === undefined ? undefined : copy(revokeAuth) };
    this.#invites.set(toHex(inviteAuth), { ...invite, ...auths });
  }

  setUsesLeft(inviteAuth: Auth, usesLeft: number): void {
    const name = toHex(inviteAuth);
    this.#invites.set(name, { ...existing(this.#invites.get(name)), usesLeft });
  }

  revoke(revokeAuth: Auth): boolean {
    for (const [name, invite] of this.#invites) {
      if (hasRevokeAuth(invite, revokeAuth)) return this.#invites.delete(name);
    }
    return false;
  }

  isRevokeAuthTaken(revokeAuth: Auth): boolean {
    return [...this.#invites.values()].some((invite) => hasRevokeAuth(invite, revokeAuth));
  }

  removeAll(): void {
    this.#invites.clear();
  }

  removeExpired({ before, rowsMax }: { before: number; rowsMax: number }): number {
    const expired = [...this.#invites].filter(([, { expiresAt }]) => expiresAt < before).slice(0, rowsMax);
    for (const [name] of expired) this.#invites.delete(name);
    return expired.length;
  }
}

function hasRevokeAuth(invite: InviteRow, revokeAuth: Auth): boolean {
  return invite.revokeAuth !== undefined && sameBytes(invite.revokeAuth, revokeAuth);
}

interface MemoryDevice {
  readonly deviceId: DeviceId;
  readonly suite: number;
  /** By digest; `undefined` for one that was handed out. */
  readonly packages: Map<string, Uint8Array | undefined>;
  lastResort?: Uint8Array;
}

export class MemoryKeyPackageTables implements KeyPackageTables {
  /** By account; then by device and suite. */
  readonly #accounts = new Map<string, Map<string, MemoryDevice>>();

  devices(accountId: AccountId): readonly DeviceId[] {
    const names = new Set([...this.#of(accountId).values()].map(({ deviceId }) => toHex(deviceId)));
    return [...names].sort().map((name) => asId("DeviceId", fromHex(name)));
  }

  suites(accountId: AccountId, deviceId: DeviceId): readonly number[] {
    const devices = [...this.#of(accountId).values()];
    return devices.filter((device) => sameBytes(device.deviceId, deviceId)).map(({ suite }) => suite);
  }

  count(device: Device): number {
    const packages = this.#find(device)?.packages.values() ?? [];
    return [...packages].filter((bytes) => bytes !== undefined).length;
  }

  isKnown(device: Device, digest: Uint8Array): boolean {
    return this.#find(device)?.packages.has(toHex(digest)) ?? false;
  }

  insert(device: Device, { digest, bytes }: NewKeyPackage): void {
    this.#make(device).packages.set(toHex(digest), copy(bytes));
  }

  putLastResort(device: Device, bytes: Uint8Array): void {
    this.#make(device).lastResort = copy(bytes);
  }

  lastResort(device: Device): Uint8Array | undefined {
    return this.#find(device)?.lastResort;
  }

  take(device: Device, spentMax: number): Uint8Array | undefined {
    const packages = this.#find(device)?.packages ?? new Map<string, Uint8Array | undefined>();
    const name = [...packages.keys()].sort().find((digest) => packages.get(digest) !== undefined);
    if (name === undefined) return undefined;
    const bytes = packages.get(name);
    packages.set(name, undefined);
    const spent = [...packages.keys()].filter((digest) => packages.get(digest) === undefined && digest !== name);
    for (const digest of spent.sort().slice(spentMax - 1)) packages.delete(digest);
    return bytes;
  }

  removeDevice(accountId: AccountId, deviceId: DeviceId): void {
    const devices = this.#of(accountId);
    for (const [name, device] of devices) if (sameBytes(device.deviceId, deviceId)) devices.delete(name);
  }

  #of(accountId: AccountId): Map<string, MemoryDevice> {
    return this.#accounts.get(toHex(accountId)) ?? new Map();
  }

  #find({ accountId, deviceId, suite }: Device): MemoryDevice | undefined {
    return this.#of(accountId).get(`${toHex(deviceId)} ${suite}`);
  }

  #make(device: Device): MemoryDevice {
    const found = this.#find(device);
    if (found !== undefined) return found;
    const made = { deviceId: copy(device.deviceId), suite: device.suite, packages: new Map() };
    const devices = this.#of(device.accountId).set(`${toHex(device.deviceId)} ${device.suite}`, made);
    this.#accounts.set(toHex(device.accountId), devices);
    return made;
  }
}
