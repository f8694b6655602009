/** From what a person wishes to the commit that brings it about, in the group as it is now. */
import { asId, fromHex, sameBytes, toHex } from "@rempart/protocol";
import {
  type CommitChange,
  type CryptoProvider,
  type Group,
  type GroupPolicy,
  verifyKeyPackage,
} from "@rempart/session";
import { hybridFull, isRoomFor } from "../devices/suites.ts";
import type { Wish } from "../store/commits.ts";

export interface PlannedChange {
  readonly change: CommitChange;
  /** Accounts that need the Welcome. */
  readonly welcomed: readonly string[];
}

/** `undefined` when the wish is fulfilled already. Throws `ERR_HYBRID_FULL`, and `SessionError` for bad key packages. */
export async function planChange(crypto: CryptoProvider, group: Group, wish: Wish): Promise<PlannedChange | undefined> {
  switch (wish.kind) {
    case "add":
      return planAdd(crypto, group, wish);
    case "remove":
      return planRemove(group, (member) => toHex(member.accountId) === wish.account);
    case "remove-device":
      return planRemove(group, (member) => toHex(member.deviceId) === wish.device);
    case "rename":
      return planPolicy({ ...group.policy, name: wish.name }, group.policy.name === wish.name);
    case "role":
      return planRole(group, wish);
    case "permissions":
      return planPolicy({ ...group.policy, permissions: wish.permissions }, hasPermissions(group, wish));
    case "renew":
      return { change: {}, welcomed: [] };
    case "let-go":
      return group.pendingRemovals.length === 0 ? undefined : { change: {}, welcomed: [] };
  }
}

async function planAdd(
  crypto: CryptoProvider,
  group: Group,
  wish: Extract<Wish, { kind: "add" }>,
): Promise<PlannedChange | undefined> {
  const add: Uint8Array[] = [];
  const welcomed: string[] = [];
  let hasNewcomer = false;
  for (const { account, keyPackages } of wish.members) {
    const accountId = asId("AccountId", fromHex(account));
    const isKnown = group.members.some((member) => sameBytes(member.accountId, accountId));
    for (const keyPackage of keyPackages) {
      const { deviceId } = await verifyKeyPackage(crypto, keyPackage, { accountId });
      const isMember = group.members.some((m) => sameBytes(m.accountId, accountId) && sameBytes(m.deviceId, deviceId));
      if (isMember) continue;
      add.push(keyPackage);
      hasNewcomer ||= !isKnown;
      if (!welcomed.includes(account)) welcomed.push(account);
    }
  }
  if (hasNewcomer && !isRoomFor(group.suite, group.members.length + add.length)) throw hybridFull();
  return add.length === 0 ? undefined : { change: { add }, welcomed };
}

function planRemove(group: Group, isMeant: (member: Group["members"][number]) => boolean): PlannedChange | undefined {
  const removeLeaves = group.members.filter(isMeant).map((member) => member.leafIndex);
  return removeLeaves.length === 0 ? undefined : { change: { removeLeaves }, welcomed: [] };
}

function planPolicy(policy: GroupPolicy, isSame: boolean): PlannedChange | undefined {
  return isSame ? undefined : { change: { policy }, welcomed: [] };
}

function hasPermissions({ policy }: Group, { permissions }: Extract<Wish, { kind: "permissions" }>): boolean {
  const names = ["addMembers", "removeMembers", "changeInfo", "send"] as const;
  return names.every((name) => policy.permissions[name] === permissions[name]);
}

function planRole(group: Group, { account, role }: Extract<Wish, { kind: "role" }>): PlannedChange | undefined {
  const accountId = asId("AccountId", fromHex(account));
  const current = group.policy.roles.find((entry) => sameBytes(entry.accountId, accountId))?.role ?? "member";
  const others = group.policy.roles.filter((entry) => !sameBytes(entry.accountId, accountId));
  const roles = role === "member" ? others : [...others, { accountId, role }];
  roles.sort((a, b) => (toHex(a.accountId) < toHex(b.accountId) ? -1 : 1));
  return planPolicy({ ...group.policy, roles }, current === role);
}
