/** Accounts, invitations and key packages, as they are decided inside one transaction. */
import { type AccountId, type Auth, limits, ProtocolError, sameBytes } from "@rempart/protocol";
import { storeLimits } from "../limits.ts";
import type { AnswerOf, AskOf, ClaimedKeyPackage, Device } from "../store-operations.ts";
import type { InviteRow, Tables } from "./tables.ts";

/** An account that exists is answered with its role and spends nothing: a retry is harmless. */
export function registerAccount(tables: Tables, ask: AskOf<"accountRegister">): AnswerOf<"accountRegister"> {
  const known = tables.accounts.find(ask.accountId);
  if (known !== undefined) return { role: known };
  const invite = usableInvite(tables, ask.inviteAuth, ask.now);
  tables.invites.setUsesLeft(invite.inviteAuth, invite.usesLeft - 1);
  tables.accounts.insert(ask.accountId, invite.role);
  return { role: invite.role };
}

export function createFirstInvite(tables: Tables, ask: AskOf<"inviteFirst">): AnswerOf<"inviteFirst"> {
  if (tables.accounts.exists()) return { isCreated: false };
  tables.invites.removeAll();
  tables.invites.insert({ ...ask, revokeAuth: undefined, usesLeft: 1, role: "admin" });
  return { isCreated: true };
}

export function createInvite(tables: Tables, ask: AskOf<"inviteCreate">): AnswerOf<"inviteCreate"> {
  const { uses, ...rest } = ask;
  const known = tables.invites.find(ask.inviteAuth);
  if (known === undefined && !tables.invites.isRevokeAuthTaken(ask.revokeAuth)) {
    tables.invites.insert({ ...rest, usesLeft: uses });
    return {};
  }
  const isRetry = known?.revokeAuth !== undefined && sameBytes(known.revokeAuth, ask.revokeAuth);
  if (!isRetry) throw new ProtocolError("ERR_EXISTS", "this invitation exists");
  return {};
}

export function findInvite(tables: Tables, ask: AskOf<"inviteFind">): AnswerOf<"inviteFind"> {
  const { usesLeft, expiresAt } = usableInvite(tables, ask.inviteAuth, ask.now);
  return { usesLeft, expiresAt };
}

function usableInvite(tables: Tables, inviteAuth: Auth, now: number): InviteRow {
  const invite = tables.invites.find(inviteAuth);
  if (invite === undefined) throw new ProtocolError("ERR_INVITE_INVALID", "no such invitation");
  if (invite.expiresAt <= now) throw new ProtocolError("ERR_INVITE_EXPIRED", "the invitation has expired");
  if (invite.usesLeft === 0) throw new ProtocolError("ERR_INVITE_SPENT", "the invitation is used up");
  return invite;
}

export function revokeInvite(tables: Tables, ask: AskOf<"inviteRevoke">): AnswerOf<"inviteRevoke"> {
  if (!tables.invites.revoke(ask.revokeAuth)) throw new ProtocolError("ERR_NOT_FOUND", "no such invitation");
  return {};
}

export function putClaimAuths(tables: Tables, ask: AskOf<"claimAuthsPut">): AnswerOf<"claimAuthsPut"> {
  requireAccount(tables, ask.accountId);
  tables.accounts.replaceClaimAuths(ask.accountId, ask.auths);
  return {};
}

export function putProfile(tables: Tables, ask: AskOf<"profilePut">): AnswerOf<"profilePut"> {
  requireAccount(tables, ask.accountId);
  tables.accounts.putProfile(ask.accountId, ask.bytes);
  return {};
}

export function getProfile(tables: Tables, ask: AskOf<"profileGet">): AnswerOf<"profileGet"> {
  requireClaimAuth(tables, ask.accountId, ask.claimAuth);
  const bytes = tables.accounts.profile(ask.accountId);
  if (bytes === undefined) throw new ProtocolError("ERR_NOT_FOUND", "the account has no profile yet");
  return { bytes };
}

/** A package that is known already, handed out or not, is left alone: a retry adds and revives nothing. */
export function publishKeyPackages(
  tables: Tables,
  { device, packages, lastResort }: AskOf<"keyPackagesPublish">,
): AnswerOf<"keyPackagesPublish"> {
  requireAccount(tables, device.accountId);
  requireRoomForDevice(tables, device);
  const fresh = new Map(packages.map((keyPackage) => [keyPackage.digest.join(), keyPackage]));
  for (const [name, { digest }] of fresh) if (tables.keyPackages.isKnown(device, digest)) fresh.delete(name);
  const count = tables.keyPackages.count(device) + fresh.size;
  if (count > limits.keyPackagesPerDeviceMax) {
    throw new ProtocolError("ERR_QUOTA", `at most ${limits.keyPackagesPerDeviceMax} key packages per device and suite`);
  }
  for (const keyPackage of fresh.values()) tables.keyPackages.insert(device, keyPackage);
  if (lastResort !== undefined) tables.keyPackages.putLastResort(device, lastResort.bytes);
  return { count };
}

function requireRoomForDevice(tables: Tables, { accountId, deviceId, suite }: Device): void {
  const devices = tables.keyPackages.devices(accountId);
  const isNew = !devices.some((known) => sameBytes(known, deviceId));
  if (isNew && devices.length >= limits.devicesPerAccountMax) {
    throw new ProtocolError("ERR_QUOTA", `at most ${limits.devicesPerAccountMax} devices per account`);
  }
  const suites = isNew ? [] : tables.keyPackages.suites(accountId, deviceId);
  if (!suites.includes(suite) && suites.length >= storeLimits.suitesPerDeviceMax) {
    throw new ProtocolError("ERR_QUOTA", `at most ${storeLimits.suitesPerDeviceMax} cipher suites per device`);
  }
}

export function claimKeyPackages(tables: Tables, ask: AskOf<"keyPackagesClaim">): AnswerOf<"keyPackagesClaim"> {
  requireClaimAuth(tables, ask.accountId, ask.claimAuth);
  const packages: ClaimedKeyPackage[] = [];
  for (const deviceId of tables.keyPackages.devices(ask.accountId)) {
    const device = { accountId: ask.accountId, deviceId, suite: ask.suite };
    const single = tables.keyPackages.take(device, storeLimits.spentKeyPackagesMax);
    const bytes = single ?? tables.keyPackages.lastResort(device);
    if (bytes !== undefined) packages.push({ deviceId, isLastResort: single === undefined, bytes });
  }
  return { packages };
}

function requireAccount(tables: Tables, accountId: AccountId): void {
  if (tables.accounts.find(accountId) === undefined) {
    throw new ProtocolError("ERR_NOT_FOUND", "this server has no such account");
  }
}

/** An unknown account and a wrong key are told alike: a prober learns nothing. */
function requireClaimAuth(tables: Tables, accountId: AccountId, auth: Auth): void {
  if (!tables.accounts.hasClaimAuth(accountId, auth)) {
    throw new ProtocolError("ERR_DENIED", "no such account, or not with this key");
  }
}
