/**
 * The one function that decides whether a change of a group is allowed. Every member runs it before a
 * commit is applied, the committer before it is made; it sees only what all of them agree on.
 *
 * The rules are [SN10] to [SN19] of spec/session.md.
 */
import { type AccountId, type DeviceId, sameBytes, toHex } from "@rempart/protocol";
import { SessionError } from "../errors.ts";
import type { GroupPolicy, Member, Permissions, Role } from "../types.ts";
import { mlsLimits } from "./limits.ts";

export interface DeviceName {
  readonly accountId: AccountId;
  readonly deviceId: DeviceId;
}

export interface GroupFacts {
  readonly policy: GroupPolicy;
  readonly members: readonly DeviceName[];
}

export interface Removal {
  readonly removed: Member;
  /** Who asked for it: the committer, or the member whose proposal the commit takes up. */
  readonly proposer: Member;
}

export interface CommitFacts {
  readonly before: GroupFacts;
  readonly committer: Member;
  readonly added: readonly DeviceName[];
  readonly removals: readonly Removal[];
  /** The policy after the commit. */
  readonly policy: GroupPolicy;
}

const rank: Record<Role, number> = { member: 0, admin: 1, owner: 2 };

function refuse(reason: string): never {
  throw new SessionError("ERR_POLICY", reason);
}

/** The role that a policy gives to an account. */
export function roleOf(policy: GroupPolicy, accountId: AccountId): Role {
  return policy.roles.find((entry) => sameBytes(entry.accountId, accountId))?.role ?? "member";
}

/** [SN17] An account's power: where owners are gone, whoever is highest stands in for them. */
function powerOf(policy: GroupPolicy, accountId: AccountId): number {
  const highest = Math.max(0, ...policy.roles.map((entry) => rank[entry.role]));
  const own = rank[roleOf(policy, accountId)];
  return own === highest ? rank.owner : own;
}

/** Whether an account may do one of the things that permissions name. */
export function isPermitted(policy: GroupPolicy, accountId: AccountId, action: keyof Permissions): boolean {
  return powerOf(policy, accountId) >= rank[policy.permissions[action]];
}

/** The policy without the roles of accounts that are no longer there: a role never outlives membership. */
export function withoutDeparted(policy: GroupPolicy, members: readonly DeviceName[]): GroupPolicy {
  if (policy.kind !== "group") return policy;
  const present = accountsOf(members);
  const roles = policy.roles.filter((entry) => present.has(toHex(entry.accountId)));
  return roles.length === policy.roles.length ? policy : { ...policy, roles };
}

/** Members after the commit, by device. */
export function membersAfter(facts: Pick<CommitFacts, "before" | "added" | "removals">): readonly DeviceName[] {
  const gone = new Set(facts.removals.map(({ removed }) => toHex(removed.deviceId) + toHex(removed.accountId)));
  const stay = facts.before.members.filter((m) => !gone.has(toHex(m.deviceId) + toHex(m.accountId)));
  return [...stay, ...facts.added];
}

/** Throws `ERR_POLICY`, or `ERR_MLS_TOO_LARGE`, unless the commit is allowed. */
export function checkCommit(facts: CommitFacts): void {
  for (const device of facts.added) checkAdd(facts, device);
  for (const removal of facts.removals) checkRemoval(facts, removal);
  checkPolicyChange(facts);
  checkGroup({ policy: facts.policy, members: membersAfter(facts) });
}

/** What is true of every group at every epoch: checked after each commit and on joining. */
export function checkGroup({ policy, members }: GroupFacts): void {
  if (members.length > mlsLimits.membersMax) {
    throw new SessionError("ERR_MLS_TOO_LARGE", `a group has at most ${mlsLimits.membersMax} devices`);
  }
  const devices = new Set(members.map((member) => toHex(member.accountId) + toHex(member.deviceId)));
  if (devices.size !== members.length) refuse("a device is in the group twice");
  const present = accountsOf(members);
  const named = accountsOf(policy.roles);
  if (policy.kind === "group") {
    if ([...named].some((account) => !present.has(account)))
      refuse("a role belongs to an account that is not a member");
    return;
  }
  const accounts = policy.kind === "self" ? 1 : 2;
  if (policy.roles.length !== accounts || policy.roles.some((entry) => entry.role !== "owner")) {
    refuse(`a ${policy.kind} group names its accounts as owners`);
  }
  if ([...present].some((account) => !named.has(account))) refuse(`an account is foreign to this ${policy.kind} group`);
}

function checkAdd({ before, committer }: CommitFacts, device: DeviceName): void {
  if (sameBytes(device.accountId, committer.accountId)) return;
  // A direct group may add the devices of both its accounts; checkGroup keeps out every other.
  if (before.policy.kind === "direct") return;
  if (!isPermitted(before.policy, committer.accountId, "addMembers")) refuse("the committer may not add members");
}

function checkRemoval({ before: { policy }, committer }: CommitFacts, { removed, proposer }: Removal): void {
  if (removed.leafIndex === committer.leafIndex) refuse("a commit cannot remove its own committer");
  if (sameBytes(removed.accountId, proposer.accountId)) return;
  if (proposer.leafIndex !== committer.leafIndex) refuse("a proposal removes another account's device");
  if (policy.kind !== "group") refuse("only an account itself removes its devices here");
  if (!isPermitted(policy, committer.accountId, "removeMembers")) refuse("the committer may not remove members");
  if (powerOf(policy, removed.accountId) > powerOf(policy, committer.accountId)) {
    refuse("the committer may not remove someone of a higher role");
  }
  if (isLastOwner(policy, removed.accountId)) refuse("the last owner leaves by themselves only");
}

function isLastOwner(policy: GroupPolicy, accountId: AccountId): boolean {
  const owners = policy.roles.filter((entry) => entry.role === "owner");
  return owners.length === 1 && owners.some((entry) => sameBytes(entry.accountId, accountId));
}

function checkPolicyChange(facts: CommitFacts): void {
  const { before, committer, policy } = facts;
  const old = before.policy;
  if (policy.kind !== old.kind) refuse("the kind of a group never changes");
  const isInfoSame = policy.name === old.name && sameBytes(policy.picture, old.picture);
  const isPermissionsSame = permissionNames.every((name) => policy.permissions[name] === old.permissions[name]);
  const changed = changedRoles(facts);
  if (old.kind !== "group") {
    if (!isInfoSame || !isPermissionsSame || changed.length > 0) refuse("the policy of this group never changes");
    return;
  }
  if (!isInfoSame && !isPermitted(old, committer.accountId, "changeInfo")) refuse("the committer may not change this");
  if (!isPermissionsSame && powerOf(old, committer.accountId) < rank.owner) refuse("only owners change permissions");
  for (const accountId of changed) checkRoleChange(facts, accountId);
  const hadOwner = old.roles.some((entry) => entry.role === "owner");
  const demoted = changed.some((accountId) => isLastOwner(old, accountId));
  if (hadOwner && demoted && !policy.roles.some((entry) => entry.role === "owner")) {
    refuse("the last owner hands over first");
  }
}

const permissionNames = ["addMembers", "removeMembers", "changeInfo", "send"] as const;

/** Accounts whose role changes otherwise than by their leaving the group. */
function changedRoles(facts: CommitFacts): readonly AccountId[] {
  const present = accountsOf(membersAfter(facts));
  const old = facts.before.policy;
  const accounts = [...old.roles, ...facts.policy.roles].map((entry) => entry.accountId);
  const unique = [...new Map(accounts.map((accountId) => [toHex(accountId), accountId])).values()];
  return unique.filter((accountId) => {
    const after = roleOf(facts.policy, accountId);
    const hasLeft = old.kind === "group" && !present.has(toHex(accountId)) && after === "member";
    return !hasLeft && after !== roleOf(old, accountId);
  });
}

function checkRoleChange({ before, committer, policy }: CommitFacts, accountId: AccountId): void {
  const old = before.policy;
  const power = powerOf(old, committer.accountId);
  const from = rank[roleOf(old, accountId)];
  const to = rank[roleOf(policy, accountId)];
  // Anyone may step down.
  if (sameBytes(accountId, committer.accountId) && to < from) return;
  if (power < rank.admin) refuse("only owners and admins give roles");
  if (to > power || from > power) refuse("nobody gives or takes a role above their own");
}

function accountsOf(named: readonly { readonly accountId: AccountId }[]): ReadonlySet<string> {
  return new Set(named.map((entry) => toHex(entry.accountId)));
}
